// The command lines of `adit connect` and `adit ssh-config`.
#include <CLI/CLI.hpp>

#include "src/cli/connect.hpp"

namespace adit::cli {
namespace {

void add_proxy(CLI::App& command, ProxyOptions& options)
{
    command
        .add_option("-p,--proxy", options.url,
                    "The proxy: http, https, socks4, socks4a, socks5 or socks5h ://[user:password@]"
                    "host[:port], or unix:/path, which speaks HTTP CONNECT; without it, what "
                    "ALL_PROXY or HTTPS_PROXY says")
        ->type_name("URL");
    command
        .add_option("--login-file", options.login_file,
                    "A file whose first line is user:password; it goes before a login in the URL, "
                    "and that before ADIT_USER and ADIT_PASSWORD")
        ->type_name("FILE");
    command
        .add_option("--ca", options.ca,
                    "https: trust the certificates in this file (PEM) instead of the system's")
        ->type_name("FILE");
    auto* cert = command
                     .add_option("--cert", options.cert,
                                 "https: your own certificate (PEM), for a proxy that logs you in "
                                 "by it")
                     ->type_name("FILE");
    command
        .add_option("--key", options.key,
                    "The key of --cert (PEM, without a passphrase), unless it is in the same file")
        ->type_name("FILE")
        ->needs(cert);
}

}  // namespace

CLI::App* add_connect(CLI::App& app, ConnectOptions& options)
{
    auto* command = app.add_subcommand(
        "connect", "Join standard input and output to HOST PORT through a proxy, for ssh and git");
    add_proxy(*command, options.proxy);
    command->add_option("--timeout", options.timeout, "For everything until the tunnel stands")
        ->capture_default_str()
        ->type_name("DURATION");
    command->add_option("host", options.host, "The destination")->required()->type_name("HOST");
    command->add_option("port", options.port, "And its port")->required()->type_name("PORT");
    command->footer(R"(
Example:
  ssh -o ProxyCommand='adit connect --proxy http://127.0.0.1:1080 %h %p' user@host

Exit codes: 0 the tunnel came to its end; 1 it broke, or the name could not be looked up here;
2 the command line is wrong; 3 the proxy refused; 4 the proxy cannot be reached or does not answer.)");
    return command;
}

CLI::App* add_ssh_config(CLI::App& app, SshConfigOptions& options)
{
    auto* command = app.add_subcommand(
        "ssh-config", "Print the lines for ~/.ssh/config that make ssh go through a proxy");
    add_proxy(*command, options.proxy);
    command
        ->add_option("--host", options.hosts,
                     "Only for hosts of this pattern (ssh_config(5)), as often as needed; without "
                     "it, for all but this machine")
        ->type_name("PATTERN")
        ->expected(1)
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    return command;
}

}  // namespace adit::cli
