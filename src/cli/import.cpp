#include "src/cli/import.hpp"

#include <cstdio>

#include <fmt/format.h>

#include "src/cli/cli.hpp"
#include "src/platform/system.hpp"
#include "src/review/lines.hpp"
#include "src/review/squid.hpp"

namespace adit::cli {
namespace {

Result<std::string, std::string> read_whole(const std::string& path)
{
    if (path != "-")
        return platform::read_file(path);
    std::string text;
    const auto read = review::for_each_line(path, [&](const review::Line& line) {
        text.append(line.text).append("\n");
        return true;
    });
    if (!read)
        return {boost::system::in_place_error, read.error()};
    return {boost::system::in_place_value, std::move(text)};
}

}  // namespace

int import_squid(const std::string& path)
{
    const auto text = read_whole(path);
    if (!text) {
        fmt::print(stderr, "{}\n", text.error());
        return misused;
    }
    const std::string name = path == "-" ? "standard input" : path;
    const auto imported = review::import_squid(
        *text, name, [](const std::string& list) { return platform::read_file(list); });
    fmt::print("{}", imported.text);
    for (const auto& note : imported.notes)
        fmt::print(stderr, "{}{}: {}\n", name,
                   note.line == 0 ? std::string{} : fmt::format(":{}", note.line), note.words);
    if (imported.equivalent())
        return ok;
    fmt::print(stderr,
               "{}: not everything has an equivalent; the lines marked ! at the top of the "
               "output say what differs\n",
               name);
    return failed;
}

}  // namespace adit::cli
