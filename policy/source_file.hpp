// Files that a configuration names: lists of hosts and networks, users, rules. They are read through
// a function that is handed in, each once a load.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/result.hpp"

namespace adit::policy {

// The content of the file at this path, or why it cannot be read.
using ReadFile = std::function<Result<std::string, std::string>(const std::string& path)>;

struct SourceFile {
    std::string written;  // the path as the configuration has it
    std::string path;     // with the configuration's folder in front, unless it is absolute
    std::string text;
    std::string failure;  // why it could not be read; empty when it was
};

class SourceFiles {
public:
    SourceFiles() = default;
    // `folder` is where relative paths begin; empty: the working directory.
    SourceFiles(ReadFile read, std::string folder);

    // The same file again is the same text. The reference is good as long as this object.
    const SourceFile& open(std::string_view written);

private:
    ReadFile read_;
    std::string folder_;
    std::map<std::string, SourceFile, std::less<>> files_;
};

// One entry of a list, and where it stands.
struct ListLine {
    std::size_t line = 0;    // from 1
    std::size_t column = 0;  // from 1, in bytes
    std::string_view text;   // without blanks around it, never empty
};

// Where a comment may begin.
enum class Comments { behind_blanks, at_line_start };

// One entry a line; empty lines and comments, from `#` to the end of the line, are left out.
std::vector<ListLine> list_lines(std::string_view text, Comments comments);

}  // namespace adit::policy
