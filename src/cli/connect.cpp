#include "src/cli/connect.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <unistd.h>

#include "policy/duration.hpp"
#include "src/cli/cli.hpp"
#include "src/connect/tunnel.hpp"
#include "src/platform/system.hpp"

namespace adit::cli {
namespace {

namespace client = protocols::client;
using protocols::Credentials;

constexpr const char* proxy_variables[] = {"all_proxy", "ALL_PROXY", "https_proxy", "HTTPS_PROXY"};

template <class T>
Result<T, std::string> mistake(std::string words)
{
    return {boost::system::in_place_error, std::move(words)};
}

// An empty variable counts as none.
const char* variable(const char* name)
{
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0' ? value : nullptr;
}

Result<client::ProxyUrl, std::string> parsed(std::string_view source, std::string_view url)
{
    auto proxy = client::parse_proxy_url(url);
    if (!proxy)
        return mistake<client::ProxyUrl>(fmt::format("{}: {}", source, proxy.error()));
    return proxy;
}

Result<Credentials, std::string> login_in(const std::string& path)
{
    auto text = platform::read_file(path);
    if (!text)
        return mistake<Credentials>(text.error());
    auto line = std::string_view{*text}.substr(0, text->find('\n'));
    if (!line.empty() && line.back() == '\r')
        line.remove_suffix(1);
    auto login = client::parse_login(line);
    OPENSSL_cleanse(text->data(), text->size());
    if (!login)
        return mistake<Credentials>(fmt::format(
            "{}: its first line is not user:password, without control characters", path));
    if (platform::others_can_read(path))
        fmt::print(stderr, "adit connect: {}: others can read it; run: chmod 600 {}\n", path, path);
    return std::move(*login);
}

Result<std::optional<Credentials>, std::string> login_in_environment()
{
    using Login = std::optional<Credentials>;
    const char* user = variable("ADIT_USER");
    if (user == nullptr)
        return Login{};
    const char* password = variable("ADIT_PASSWORD");
    Credentials login{user, protocols::Secret{password != nullptr ? password : ""}};
    if (holds_control_character(login))
        return mistake<Login>("ADIT_USER or ADIT_PASSWORD holds a control character");
    return Login{std::move(login)};
}

// A file that is named counts most, then the URL, then the environment. Gives what is wrong, if
// anything is.
std::string find_login(const std::string& file, client::ProxyUrl& proxy)
{
    if (!file.empty()) {
        auto login = login_in(file);
        if (!login)
            return login.error();
        proxy.login = std::move(*login);
    } else if (!proxy.login) {
        auto login = login_in_environment();
        if (!login)
            return login.error();
        proxy.login = std::move(*login);
    }
    return {};
}

// ssh gives an IPv6 address without brackets, a URL has them.
Result<protocols::Target, std::string> asked_target(const ConnectOptions& options)
{
    std::string_view name = options.host;
    if (name.size() > 2 && name.front() == '[' && name.back() == ']')
        name = name.substr(1, name.size() - 2);
    const auto host = protocols::parse_host(name);
    if (!host)
        return mistake<protocols::Target>(fmt::format("HOST: {}", words(host.error())));
    const auto port = protocols::parse_port(options.port);
    if (!port)
        return mistake<protocols::Target>(fmt::format("PORT: {}", words(port.error())));
    return protocols::Target{*host, *port};
}

Result<connect::Errand, std::string> read_errand(const ConnectOptions& options)
{
    using connect::Errand;
    const auto target = asked_target(options);
    if (!target)
        return mistake<Errand>(target.error());
    const auto timeout = policy::parse_duration(options.timeout);
    if (!timeout || timeout->count() == 0)
        return mistake<Errand>("--timeout: it is no duration like 30s or 500ms");
    auto proxy = chosen_proxy(options.proxy);
    if (!proxy)
        return mistake<Errand>(proxy.error());
    auto wrong = find_login(options.proxy.login_file, *proxy);
    if (!wrong.empty())
        return mistake<Errand>(std::move(wrong));
    return Errand{std::move(*proxy),
                  *target,
                  {options.proxy.ca, options.proxy.cert, options.proxy.key},
                  *timeout};
}

// A socket of ours must not become standard input because that was closed.
void fill_standard_descriptors()
{
    for (int number = STDIN_FILENO; number <= STDERR_FILENO; ++number)
        if (::fcntl(number, F_GETFD) == -1)
            (void)::open("/dev/null", O_RDWR);  // takes the lowest number, which is this one
}

int exit_code(connect::Outcome outcome)
{
    switch (outcome) {
        case connect::Outcome::finished:
            return ok;
        case connect::Outcome::broken:
            return failed;
        case connect::Outcome::misused:
            return misused;
        case connect::Outcome::refused:
            return proxy_refused;
        case connect::Outcome::unreachable:
            return proxy_unreachable;
    }
    return failed;
}

}  // namespace

Result<client::ProxyUrl, std::string> chosen_proxy(const ProxyOptions& options)
{
    if (!options.url.empty())
        return parsed("--proxy", options.url);
    for (const char* name : proxy_variables)
        if (const char* url = variable(name))
            return parsed(name, url);
    return mistake<client::ProxyUrl>(
        "no proxy is named: give --proxy URL, or set ALL_PROXY or HTTPS_PROXY");
}

int connect(const ConnectOptions& options)
{
    fill_standard_descriptors();
    (void)std::signal(SIGPIPE, SIG_IGN);  // a write that fails says it better
    auto errand = read_errand(options);
    if (!errand) {
        fmt::print(stderr, "adit connect: {}\n", errand.error());
        return misused;
    }
    connect::Descriptor in{STDIN_FILENO};
    connect::Descriptor out{STDOUT_FILENO};
    const auto report = connect::tunnel(std::move(*errand), std::move(in), std::move(out));
    if (!report.words.empty())
        fmt::print(stderr, "adit connect: {}\n", report.words);
    return exit_code(report.outcome);
}

}  // namespace adit::cli
