#include "src/cli/rules.hpp"

#include <chrono>
#include <cstdio>
#include <optional>

#include <fmt/format.h>

#include "policy/duration.hpp"
#include "src/cli/cli.hpp"
#include "src/control/client.hpp"
#include "src/control/protocol.hpp"
#include "src/control/rules_table.hpp"

namespace adit::cli {
namespace {

int complain(int how, const std::string& about)
{
    fmt::print(stderr, "{}\n", about);
    return how;
}

}  // namespace

std::string control_path(const ControlOptions& options)
{
    if (!options.path.empty())
        return options.path;
    if (options.config.empty())
        return control::default_path;
    const auto read = read_configuration({options.config, {}});
    if (!read)
        fmt::print(stderr, "{}\n", read.error());
    else if (read->configuration.control.empty())
        fmt::print(stderr,
                   "{}: it has no \"control\", so a gateway that runs with it cannot be asked\n",
                   options.config);
    return read ? read->configuration.control : std::string{};
}

int rules(const RulesOptions& options)
{
    std::optional<std::chrono::milliseconds> unused;
    if (!options.unused.empty()) {
        unused = policy::parse_duration(options.unused);
        if (!unused)
            return complain(misused, fmt::format("--unused: \"{}\" is no duration like 30d or 12h",
                                                 options.unused));
    }
    const auto path = control_path(options.control);
    if (path.empty())
        return misused;
    const auto answer = control::ask(path, R"({"ask":"rules"})");
    if (!answer)
        return complain(failed, answer.error());
    const auto form = options.json ? control::TableForm::json : control::TableForm::text;
    const auto table = control::rules_table(*answer, form, unused);
    if (!table)
        return complain(failed, table.error());
    fmt::print("{}", *table);
    return ok;
}

}  // namespace adit::cli
