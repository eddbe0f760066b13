#include "src/cli/cli.hpp"

#include <cstdio>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "src/version.hpp"

namespace adit::cli {
namespace {

constexpr const char* description =
    "Adit: one TCP port for every proxy client (HTTP CONNECT, SOCKS5, SOCKS4/4a), under one JSON "
    "policy.";

constexpr const char* footer = R"(
Examples:
  adit run                                   loopback port 1080, public destinations on 22, 80, 443 and 8443
  adit run --config adit.json                what the file says; SIGHUP reads it again
  adit run --config adit.json --listen 127.0.0.1:8080
  adit check adit.json                       finds every mistake in a file
  adit passwd                                asks for a password and prints the hash for "users"

Exit codes: 0 all is well; 1 it failed at run time; 2 the command line or the configuration is wrong.)";

}  // namespace

int print_version()
{
    fmt::print("adit {}\n", version);
    return ok;
}

int main(int argc, char** argv)
{
    CLI::App app{description, "adit"};
    app.footer(footer);
    app.require_subcommand(0, 1);
    app.set_version_flag("--version", fmt::format("adit {}", version));

    Source source;
    auto* run_command = app.add_subcommand("run", "Serve until SIGTERM or Ctrl-C");
    run_command
        ->add_option("-c,--config", source.path,
                     "Configuration file; without one, a small safe default")
        ->type_name("FILE");
    run_command
        ->add_option("-l,--listen", source.listen,
                     "Listen here instead of where the file says; may be given several times")
        ->type_name("ADDRESS:PORT")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);

    std::string checked;
    auto* check_command =
        app.add_subcommand("check", "Say what is wrong with a configuration file");
    check_command->add_option("file", checked, "Configuration file")->required()->type_name("FILE");

    app.add_subcommand("passwd",
                       "Make a password hash (yescrypt) for the configuration's \"users\"");
    app.add_subcommand("version", "Print the version");

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? ok : misused;
    }
    if (run_command->parsed())
        return run(source);
    if (check_command->parsed())
        return check(checked);
    if (app.got_subcommand("passwd"))
        return passwd();
    if (app.got_subcommand("version"))
        return print_version();
    fmt::print(stderr, "{}", app.help());
    return misused;
}

}  // namespace adit::cli
