// `adit connect HOST PORT`: standard input and output through a proxy, as the ProxyCommand of ssh
// and git wants it; `adit ssh-config`: the lines that make ssh use it.
#pragma once

#include <string>
#include <vector>

#include "protocols/client/proxy_url.hpp"
#include "protocols/result.hpp"

namespace CLI {
class App;
}

namespace adit::cli {

// Besides 0, 1 and 2: what a script may want to tell apart.
enum ConnectExit : int { proxy_refused = 3, proxy_unreachable = 4 };

// How to reach the proxy, for both commands.
struct ProxyOptions {
    std::string url;         // `--proxy`; empty: ALL_PROXY or HTTPS_PROXY
    std::string login_file;  // `--login-file`
    std::string ca;          // `--ca`
    std::string cert;        // `--cert`
    std::string key;         // `--key`
};

struct ConnectOptions {
    ProxyOptions proxy;
    std::string timeout = "30s";
    std::string host;
    std::string port;
};

struct SshConfigOptions {
    ProxyOptions proxy;
    std::vector<std::string> hosts;  // patterns of ssh_config(5); empty: all but this machine
};

// The proxy that is meant by the options or else by the environment, with the login of its URL. The
// failure is ready to be printed.
Result<protocols::client::ProxyUrl, std::string> chosen_proxy(const ProxyOptions& options);

// The full path of the running program, for lines to copy.
std::string this_program();

int connect(const ConnectOptions& options);
int ssh_config(const SshConfigOptions& options);

// Their words on the command line.
CLI::App* add_connect(CLI::App& app, ConnectOptions& options);
CLI::App* add_ssh_config(CLI::App& app, SshConfigOptions& options);

}  // namespace adit::cli
