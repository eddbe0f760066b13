// `adit check FILE`: every mistake and every warning; nothing is started. With `--strict` a warning
// is a mistake.
#include <cstdio>

#include <fmt/format.h>

#include "src/cli/cli.hpp"
#include "src/cli/secrets.hpp"

namespace adit::cli {
namespace {

std::string counted(std::size_t number, std::string_view noun)
{
    return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

}  // namespace

int check(const CheckOptions& options)
{
    auto read = read_configuration({options.path, {}, true});
    if (!read) {
        fmt::print(stderr, "{}\n", read.error());
        return misused;
    }
    if (const auto secrets = read_secrets(read->configuration, options.path); !secrets) {
        fmt::print(stderr, "{}\n", secrets.error());
        return misused;
    }
    for (const auto& warning : read->warnings)
        fmt::print(stderr, "warning: {}\n", warning);
    if (options.strict && !read->warnings.empty()) {
        fmt::print(stderr, "{}: {}, and --strict takes warnings for mistakes\n", options.path,
                   counted(read->warnings.size(), "warning"));
        return misused;
    }
    const auto& configuration = read->configuration;
    fmt::print("{}: good: {}, {}, {}; policy {}\n", options.path,
               counted(configuration.listeners.size(), "listener"),
               counted(configuration.policy.rules().size(), "rule"),
               counted(configuration.users.size(), "user"), configuration.hash);
    return ok;
}

}  // namespace adit::cli
