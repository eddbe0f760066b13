#include "src/cli/access_lines.hpp"

#include <cstdio>

#include <fmt/format.h>

#include "src/review/lines.hpp"

namespace adit::cli {
namespace {

// The first few show what is wrong with the file; the rest is counted.
constexpr std::uint64_t most_told = 10;

}  // namespace

bool AccessLines::read(const std::vector<std::string>& files,
                       const std::function<void(const review::AccessLine&)>& each)
{
    for (const auto& file : files) {
        const auto read = review::for_each_line(file, [&](const review::Line& line) {
            if (line.text.find_first_not_of(" \t\r") == std::string_view::npos)
                return true;
            ++lines_;
            if (line.cut) {
                tell_unreadable(file, line.number,
                                fmt::format("longer than {} bytes", review::longest_line));
                return true;
            }
            const auto record = review::read_access_line(line.text);
            if (record)
                each(*record);
            else
                tell_unreadable(file, line.number, record.error());
            return true;
        });
        if (!read) {
            fmt::print(stderr, "{}\n", read.error());
            return false;
        }
    }
    if (unreadable_ > most_told)
        fmt::print(stderr, "... and {} more\n", unreadable_ - most_told);
    if (lines_ != 0 && unreadable_ == lines_) {
        fmt::print(stderr, "none of these {} lines is an access record\n", lines_);
        return false;
    }
    return true;
}

void AccessLines::tell_unreadable(const std::string& file, std::uint64_t number,
                                  const std::string& why)
{
    if (++unreadable_ <= most_told)
        fmt::print(stderr, "{}:{}: {}; left out\n", file == "-" ? "standard input" : file, number,
                   why);
}

}  // namespace adit::cli
