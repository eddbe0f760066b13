// `adit check FILE`: every mistake and every warning; nothing is started.
#include <cstdio>

#include <fmt/format.h>

#include "src/cli/cli.hpp"

namespace adit::cli {
namespace {

std::string counted(std::size_t number, std::string_view noun)
{
    return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

}  // namespace

int check(const std::string& path)
{
    const auto read = read_configuration({path, {}});
    if (!read) {
        fmt::print(stderr, "{}\n", read.error());
        return misused;
    }
    for (const auto& warning : read->warnings)
        fmt::print(stderr, "warning: {}\n", warning);
    const auto& configuration = read->configuration;
    fmt::print("{}: good: {}, {}, {}; policy {}\n", path,
               counted(configuration.listeners.size(), "listener"),
               counted(configuration.policy.rules().size(), "rule"),
               counted(configuration.users.size(), "user"), configuration.hash);
    return ok;
}

}  // namespace adit::cli
