// Prints `user:password` on standard output, ready for `curl --proxy-user` and for the URL of a
// proxy, and what it is good for on standard error.
#include "src/cli/token.hpp"

#include <chrono>
#include <cstdio>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "policy/duration.hpp"
#include "policy/entries.hpp"
#include "policy/moment.hpp"
#include "policy/user_name.hpp"
#include "src/cli/cli.hpp"
#include "src/cli/secrets.hpp"
#include "src/login/token.hpp"
#include "src/login/token_key.hpp"
#include "src/platform/clocks.hpp"

namespace adit::cli {
namespace {

using protocols::TokenRights;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto longest_life = std::chrono::hours{24} * 365;

// What is asked for, or what is wrong with it.
template <class T>
using Asked = Result<T, std::string>;

template <class T>
Asked<T> wrong(std::string words)
{
    return {boost::system::in_place_error, std::move(words)};
}

Asked<TokenRights> rights_of(const TokenOptions& options)
{
    TokenRights rights;
    for (const auto& text : options.hosts) {
        const auto entry = policy::parse_host_entry(text);
        if (!entry)
            return wrong<TokenRights>("--host: " + entry.error());
        if (entry->kind != policy::HostEntry::Kind::exact &&
            entry->kind != policy::HostEntry::Kind::suffix)
            return wrong<TokenRights>("--host: " + text +
                                      ": a token takes \"example.com\" and "
                                      "\"*.example.com\"; leave --host out for every host");
        rights.hosts.push_back({entry->name, entry->kind == policy::HostEntry::Kind::suffix});
    }
    for (const auto& text : options.ports) {
        const auto range = policy::parse_port_entry(text);
        if (!range)
            return wrong<TokenRights>("--port: " + range.error());
        rights.ports.push_back({range->first, range->last});
    }
    return rights;
}

Asked<std::uint64_t> expiry_of(const TokenOptions& options)
{
    using Expiry = Asked<std::uint64_t>;
    const auto life = policy::parse_duration(options.ttl);
    if (!life || *life < seconds{1} || *life > longest_life)
        return wrong<std::uint64_t>("--ttl: \"" + options.ttl +
                                    "\" is no duration from 1s to 365d, like 15m");
    const auto now = platform::wall_clock();
    auto begin = now;
    if (!options.at.empty()) {
        const auto at = policy::parse_instant(options.at);
        if (!at)
            return wrong<std::uint64_t>("--at: \"" + options.at +
                                        "\" is no time like 2026-11-24T02:48:32Z");
        begin = *at;
    }
    const policy::sys_seconds end = begin + std::chrono::floor<seconds>(*life);
    if (end.time_since_epoch() <= seconds{0})
        return wrong<std::uint64_t>("--at: that is before 1970");
    // The gateway takes what is signed, so a typing error must not make a key for a lifetime.
    if (end > now + longest_life)
        return wrong<std::uint64_t>("--at: that token would be good until " + policy::to_text(end) +
                                    ", and no token is good for longer than 365d from now");
    return Expiry{boost::system::in_place_value,
                  static_cast<std::uint64_t>(end.time_since_epoch().count())};
}

Asked<protocols::Secret> key_of(const TokenOptions& options)
{
    if (!options.key_file.empty())
        return login::read_token_key(options.key_file);
    if (options.config.empty())
        return wrong<protocols::Secret>(
            "where is the key? --config FILE names the configuration that says so, --key-file FILE "
            "the key itself");
    auto read = read_configuration({options.config, {}});
    if (!read)
        return wrong<protocols::Secret>(read.error());
    auto& configuration = read->configuration;
    if (configuration.tokens.key_file.empty())
        return wrong<protocols::Secret>(options.config +
                                        ": it has no \"tokens\", so a gateway that runs with it "
                                        "takes none");
    if (!configuration.users.contains(options.user))
        return wrong<protocols::Secret>(options.config + ": no user is called \"" + options.user +
                                        "\"");
    if (const auto secrets = read_secrets(configuration, options.config); !secrets)
        return wrong<protocols::Secret>(secrets.error());
    return {boost::system::in_place_value, configuration.tokens.key->reveal()};
}

std::string in_words(const protocols::Token& token, std::string_view user)
{
    const policy::sys_seconds expires{seconds{static_cast<std::int64_t>(token.expires)}};
    std::vector<std::string> hosts;
    for (const auto& host : token.rights.hosts)
        hosts.push_back((host.below ? "*." : "") + host.text);
    std::vector<std::string> ports;
    for (const auto& one : token.rights.ports)
        ports.push_back(one.first == one.last ? std::to_string(one.first)
                                              : fmt::format("{}-{}", one.first, one.last));
    return fmt::format("a token for {}, good until {}; hosts: {}; ports: {}", user,
                       policy::to_text(expires),
                       hosts.empty() ? "as the user" : fmt::format("{}", fmt::join(hosts, ", ")),
                       ports.empty() ? "as the user" : fmt::format("{}", fmt::join(ports, ", ")));
}

int complain(int how, const std::string& about)
{
    fmt::print(stderr, "{}\n", about);
    return how;
}

int make_key(const std::string& path)
{
    if (const auto made = login::make_token_key(path); !made)
        return complain(failed, made.error());
    fmt::print(stderr, "{}: a new key; whoever can read it can be any user\n", path);
    return ok;
}

}  // namespace

int token(const TokenOptions& options)
{
    if (!options.new_key.empty())
        return make_key(options.new_key);
    if (options.user.empty() || options.ttl.empty())
        return complain(misused, "a token needs --user and --ttl");
    if (const auto mistake = policy::wrong_with_user_name(options.user); !mistake.empty())
        return complain(misused, fmt::format("--user: {}", mistake));
    auto rights = rights_of(options);
    if (!rights)
        return complain(misused, rights.error());
    const auto expires = expiry_of(options);
    if (!expires)
        return complain(misused, expires.error());
    const auto key = key_of(options);
    if (!key)
        return complain(misused, key.error());

    const protocols::Token token{*expires, std::move(*rights)};
    const auto password = login::sign_token(token, options.user, key->reveal());
    if (password.size() > protocols::longest_token)
        return complain(misused,
                        fmt::format("the token would have {} bytes, and SOCKS5 carries no more "
                                    "than {}; name fewer hosts and ports",
                                    password.size(), protocols::longest_token));
    fmt::print("{}:{}\n", options.user, password);
    fmt::print(stderr, "{}\n", in_words(token, options.user));
    return ok;
}

}  // namespace adit::cli
