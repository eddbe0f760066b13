// A squid.conf as an Adit configuration: who may go where, as far as Adit can say it. What has no
// equivalent is told with its line. A line that can be said only in part allows less, or denies
// more, than Squid did, never the other way.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/result.hpp"

namespace adit::review {

struct ImportNote {
    std::size_t line = 0;  // of the squid.conf; 0: of no line
    std::string words;
    bool differs = false;  // who may go where is not what Squid would say
};

struct Import {
    std::string text;  // a configuration with comments
    std::vector<ImportNote> notes;

    bool equivalent() const;  // no note says that something differs
};

// Lists may lie in files of their own. The failure says why the file cannot be read.
using ReadList = std::function<Result<std::string, std::string>(const std::string& path)>;

// `file` is what comments call the squid.conf. `zone` is the one whose clocks count for lists of times,
// a name of the tz database; empty when it is not known.
Import import_squid(std::string_view text, std::string_view file, const ReadList& read_list,
                    std::string_view zone);

}  // namespace adit::review
