#include "src/cli/cli.hpp"

#include <cstdio>
#include <functional>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "src/cli/connect.hpp"
#include "src/cli/explain.hpp"
#include "src/cli/import.hpp"
#include "src/cli/replay.hpp"
#include "src/cli/rules.hpp"
#include "src/cli/suggest.hpp"
#include "src/cli/token.hpp"
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
  adit explain --config adit.json --client 10.2.0.9 db.example:5432
                                             what it would answer, and why
  adit replay --config new.json access.jsonl what would change for yesterday's tunnels
  adit rules --unused 30d                    which rules of the running gateway nobody needs
  adit suggest access.jsonl                  a configuration that allows what was seen
  adit import squid squid.conf               the same rules as an Adit configuration
  ssh -o ProxyCommand='adit connect --proxy http://127.0.0.1:1080 %h %p' user@host
                                             ssh through the gateway; adit ssh-config writes it down
  adit passwd                                asks for a password and prints the hash for "users"
  adit token --config adit.json --user ci --ttl 15m --host github.com
                                             a password that expires by itself

Exit codes: 0 all is well; 1 it failed at run time; 2 the command line or the configuration is wrong.
adit connect has more: adit connect --help.)";

// The subcommands, and what to call when one was chosen. Options live here until then.
class Commands {
public:
    explicit Commands(CLI::App& app);
    // Empty when no subcommand was given.
    std::function<int()> chosen() const;

private:
    void add(CLI::App* command, std::function<int()> carry_out)
    {
        commands_.emplace_back(command, std::move(carry_out));
    }
    void add_run(CLI::App& app);
    void add_check(CLI::App& app);
    void add_explain(CLI::App& app);
    void add_replay(CLI::App& app);
    void add_rules(CLI::App& app);
    void add_suggest(CLI::App& app);
    void add_import(CLI::App& app);
    void add_token(CLI::App& app);

    std::vector<std::pair<CLI::App*, std::function<int()>>> commands_;
    Source source_{{}, {}, true};  // of `adit run`
    CheckOptions check_;
    ExplainOptions explain_;
    ReplayOptions replay_;
    RulesOptions rules_;
    SuggestOptions suggest_;
    ConnectOptions connect_;
    SshConfigOptions ssh_config_;
    std::string imported_;
    TokenOptions token_;
};

Commands::Commands(CLI::App& app)
{
    add_run(app);
    add_check(app);
    add_explain(app);
    add_replay(app);
    add_rules(app);
    add_suggest(app);
    add_import(app);
    add(add_connect(app, connect_), [this] { return connect(connect_); });
    add(add_ssh_config(app, ssh_config_), [this] { return ssh_config(ssh_config_); });
    add(app.add_subcommand("passwd",
                           "Make a password hash (yescrypt) for the configuration's \"users\""),
        passwd);
    add_token(app);
    add(app.add_subcommand("version", "Print the version"), print_version);
}

void Commands::add_run(CLI::App& app)
{
    auto* command = app.add_subcommand("run", "Serve until SIGTERM or Ctrl-C");
    command
        ->add_option("-c,--config", source_.path,
                     "Configuration file; without one, a small safe default")
        ->type_name("FILE");
    command
        ->add_option("-l,--listen", source_.listen,
                     "Listen here instead of where the file says; may be given several times")
        ->type_name("ADDRESS:PORT")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    add(command, [this] { return run(source_); });
}

void Commands::add_check(CLI::App& app)
{
    auto* command = app.add_subcommand("check", "Say what is wrong with a configuration file");
    command->add_option("file", check_.path, "Configuration file")->required()->type_name("FILE");
    command->add_flag("--strict", check_.strict, "Take warnings for mistakes");
    command->footer("Exit codes: 0 it is in order; 2 it is not, or it cannot be read.");
    add(command, [this] { return check(check_); });
}

void Commands::add_explain(CLI::App& app)
{
    auto* command = app.add_subcommand(
        "explain", "Say what a configuration answers to a request, rule by rule, and why");
    const auto fact = [&](const char* name, std::string& value, const char* words,
                          const char* type) {
        command->add_option(name, value, words)->type_name(type);
    };
    fact("-c,--config", explain_.config, "Configuration file; without one, the default", "FILE");
    fact("--client", explain_.client, "The client's address", "IP");
    fact("--user", explain_.user, "Who has logged in; without it, nobody", "USER");
    fact("--protocol", explain_.protocol, "connect, http, socks5, socks4, ...", "PROTOCOL");
    fact("--listener", explain_.listener, "The listener's name", "NAME");
    command
        ->add_option("--resolve", explain_.resolved,
                     "What the name resolves to, as often as needed; without it, a public address "
                     "that no rule names")
        ->type_name("IP")
        ->expected(1)
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    fact("--at", explain_.at, "Judge rules that expire as of this time instead of now", "TIME");
    fact("--record", explain_.record, "Explain the tunnel of this line of an access log", "LINE");
    fact("--id", explain_.id, "Explain the tunnel with this request id", "ID");
    command->add_option("--log", explain_.logs, "Where to search for the id; - is standard input")
        ->type_name("FILE")
        ->expected(1)
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    command->add_flag("--running", explain_.running,
                      "Ask the gateway that runs; --config only says where");
    command->get_option("--running")->excludes(command->get_option("--at"));
    fact("--control", explain_.control, "With --running: its control socket", "PATH");
    command->add_flag("--json", explain_.json, "Answer with one JSON object");
    command->add_option("target", explain_.target, "What is asked for")->type_name("HOST:PORT");
    command->footer(
        "Exit codes: 0 allowed; 1 denied; 2 not decidable from what was given, or the "
        "command line or the configuration is wrong.");
    add(command, [this] { return explain(explain_); });
}

void Commands::add_replay(CLI::App& app)
{
    auto* command = app.add_subcommand(
        "replay", "Judge recorded tunnels by another configuration, and list what would change");
    command->add_option("-c,--config", replay_.config, "The new configuration")
        ->required()
        ->type_name("FILE");
    command
        ->add_option("--against", replay_.against,
                     "Compare with this configuration, not with the recorded answers")
        ->type_name("FILE");
    command
        ->add_option("--at", replay_.at,
                     "Judge rules that expire as of this time, like 2026-11-24 or "
                     "2026-11-24T02:48:32Z, instead of now")
        ->type_name("TIME");
    command->add_option("--examples", replay_.examples, "Examples of each group of differences")
        ->capture_default_str()
        ->type_name("N");
    command->add_option("files", replay_.files, "Access logs; - is standard input")
        ->required()
        ->type_name("FILE");
    command->footer(
        "Exit codes: 0 nothing is newly denied; 1 something is; 2 the command line, "
        "a configuration or a log is wrong.");
    add(command, [this] { return replay(replay_); });
}

void Commands::add_rules(CLI::App& app)
{
    auto* command = app.add_subcommand("rules", "What the running gateway's rules have decided");
    command
        ->add_option("-c,--config", rules_.control.config,
                     "The running gateway's configuration, which says where to ask it")
        ->type_name("FILE");
    command
        ->add_option("--control", rules_.control.path,
                     "The control socket; /run/adit/control.sock unless --config says otherwise")
        ->type_name("PATH");
    command->add_option("--unused", rules_.unused, "Only rules that decided nothing for so long")
        ->type_name("30d");
    command->add_flag("--json", rules_.json, "For machines: one JSON object");
    add(command, [this] { return rules(rules_); });
}

void Commands::add_suggest(CLI::App& app)
{
    auto* command = app.add_subcommand(
        "suggest", "Print a configuration that allows what access logs have seen, and no more");
    command->add_flag("--generalise", suggest_.generalise,
                      "Fold three or more hosts below one domain into \"*.domain\"");
    command->add_flag("--denied", suggest_.denied, "Allow what was denied, too");
    command->add_option("files", suggest_.files, "Access logs; - is standard input")
        ->required()
        ->type_name("FILE");
    add(command, [this] { return suggest(suggest_); });
}

void Commands::add_import(CLI::App& app)
{
    auto* command = app.add_subcommand("import", "Turn another proxy's rules into a configuration");
    command->require_subcommand(1);
    auto* squid = command->add_subcommand("squid", "Print a squid.conf as a configuration");
    squid->add_option("file", imported_, "The squid.conf; - is standard input")
        ->required()
        ->type_name("FILE");
    squid->footer(
        "Exit codes: 0 it is equivalent; 1 something in it has no equivalent and is "
        "listed; 2 it cannot be read.");
    add(squid, [this] { return import_squid(imported_); });
}

void Commands::add_token(CLI::App& app)
{
    auto* command = app.add_subcommand(
        "token", "Make a password for a user that expires by itself, and may reach less");
    const auto text = [&](const char* name, std::string& value, const char* words,
                          const char* type) {
        return command->add_option(name, value, words)->type_name(type);
    };
    const auto list = [&](const char* name, std::vector<std::string>& value, const char* words,
                          const char* type) {
        command->add_option(name, value, words)
            ->type_name(type)
            ->expected(1)
            ->allow_extra_args(false)
            ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    };
    text("--user", token_.user, "Who logs in with it", "USER");
    text("--ttl", token_.ttl, "How long it is good: 15m, 12h, 7d", "TIME");
    list("--host", token_.hosts,
         "Reach only this host, or with *.example.com those below it; as often as needed",
         "PATTERN");
    list("--port", token_.ports, "Reach only this port, or 8000-8099; as often as needed", "PORT");
    text("-c,--config", token_.config, "The gateway's configuration, which names the key", "FILE");
    text("--key-file", token_.key_file, "The key itself, where the configuration is not", "FILE")
        ->excludes(command->get_option("--config"));
    text("--at", token_.at, "Count the time from then, like 2026-11-24T02:48:32Z, not from now",
         "TIME");
    text("--new-key", token_.new_key, "Make a new key in this file, and no token", "FILE");
    command->footer(
        "Prints USER:PASSWORD, as curl --proxy-user and the URL of a proxy take it.\n"
        "Exit codes: 0 it is made; 1 the key cannot be written; 2 the command line, the "
        "configuration or the key is wrong.");
    add(command, [this] { return token(token_); });
}

std::function<int()> Commands::chosen() const
{
    for (const auto& [command, carry_out] : commands_)
        if (command->parsed())
            return carry_out;
    return {};
}

}  // namespace

int print_version()
{
    fmt::print("adit {}\n", version);
    return ok;
}

int main(int argc, char** argv)
{
    CLI::App app{description, "adit"};
    app.require_subcommand(0, 1);
    app.set_version_flag("--version", fmt::format("adit {}", version));
    const Commands commands{app};
    app.footer(footer);  // only now: a subcommand made later would repeat it in its own help

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? ok : misused;
    }
    if (const auto carry_out = commands.chosen())
        return carry_out();
    fmt::print(stderr, "{}", app.help());
    return misused;
}

}  // namespace adit::cli
