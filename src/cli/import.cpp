#include "src/cli/import.hpp"

#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "src/cli/cli.hpp"
#include "src/platform/system.hpp"
#include "src/platform/time_zones.hpp"
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

// The zone of this machine's clock, by the name of the file that /etc/localtime leads to. Empty when
// it does not say, or when the tz database does not know it.
std::string local_zone()
{
    constexpr std::string_view database = "/zoneinfo/";
    std::error_code error;
    const auto file = std::filesystem::read_symlink("/etc/localtime", error).string();
    const auto found = file.find(database);
    if (error || found == std::string::npos)
        return {};
    auto name = file.substr(found + database.size());
    return platform::find_zone(name) ? name : std::string{};
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
        *text, name, [](const std::string& list) { return platform::read_file(list); },
        local_zone());
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
