// The lines of a file that may be larger than memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "protocols/result.hpp"

namespace adit::review {

// A line that is longer than this is handed over cut, so that a file without line feeds cannot
// fill the memory.
constexpr std::size_t longest_line = std::size_t{1} << 20;

struct Line {
    std::string_view text;     // without its line feed; valid during the call
    std::uint64_t number = 0;  // from 1
    bool cut = false;
};

// Calls `each` for every line of the file, `-` being standard input. A last line without a line
// feed counts; an empty one is handed over like all others. `each` gives false to stop. Gives the
// number of lines; the failure says what was being done, to what, and why it failed.
Result<std::uint64_t, std::string> for_each_line(const std::string& path,
                                                 const std::function<bool(const Line&)>& each);

}  // namespace adit::review
