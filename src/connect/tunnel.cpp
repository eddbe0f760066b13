#include "src/connect/tunnel.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "src/connect/ask.hpp"
#include "src/connect/pump.hpp"
#include "src/connect/reach.hpp"
#include "src/connect/refusal_text.hpp"

namespace adit::connect {
namespace {

namespace client = protocols::client;
using client::Scheme;

struct Unfit {
    Outcome outcome;
    std::string words;
};

// socks4:// and socks5:// mean, as for curl, that the name is looked up here; 4a and 5h leave it to
// the proxy, as HTTP does.
bool looks_up_here(Scheme scheme)
{
    return scheme == Scheme::socks4 || scheme == Scheme::socks5;
}

std::optional<Unfit> resolve_here(Errand& errand, Moment until)
{
    const auto found = look_up(errand.target.host, until);
    const auto name = to_text(errand.target.host);
    if (!found)
        return Unfit{Outcome::broken, fmt::format("{}: {}; {}h:// lets the proxy look it up", name,
                                                  found.error(), word(errand.proxy.scheme))};
    auto chosen = found->begin();
    if (errand.proxy.scheme == Scheme::socks4)
        chosen = std::find_if(found->begin(), found->end(),
                              [](const auto& address) { return client::fits_socks4(address); });
    if (chosen == found->end())
        return Unfit{Outcome::broken,
                     fmt::format("{}: SOCKS4 carries IPv4 addresses only, and it has none; "
                                 "socks5:// or http:// can carry it",
                                 name)};
    errand.target.host = *chosen;
    return std::nullopt;
}

std::variant<Conversation, Unfit> conversation_for(Errand& errand)
{
    auto& login = errand.proxy.login;
    switch (errand.proxy.scheme) {
        case Scheme::socks4:
        case Scheme::socks4a: {
            if (login && !login->password.reveal().empty())
                return Unfit{Outcome::misused,
                             "SOCKS4 cannot carry a password; use http:// or socks5h://"};
            auto request = client::socks4_request(errand.target, login ? login->user : "");
            if (!request)
                return Unfit{Outcome::misused, "SOCKS4 carries a user name of up to 255 bytes"};
            return Conversation{client::Socks4Client{std::move(*request)}};
        }
        case Scheme::socks5:
        case Scheme::socks5h:
            if (login && !client::fits_socks5(*login))
                return Unfit{Outcome::misused,
                             "SOCKS5 carries a user name and a password of up to 255 bytes"};
            return Conversation{client::Socks5Client{errand.target, std::move(login)}};
        case Scheme::http:
        case Scheme::https:
        case Scheme::unix_socket:
            break;
    }
    if (login && login->user.find(':') != std::string::npos)
        return Unfit{Outcome::misused, "a user name for HTTP holds no colon (RFC 7617)"};
    return Conversation{client::HttpClient{errand.target, std::move(login)}};
}

}  // namespace

Report tunnel(Errand errand, Descriptor&& in, Descriptor&& out)
{
    const auto until = Clock::now() + errand.timeout;
    const auto proxy = to_text(errand.proxy);
    const auto target = to_text(errand.target);
    if (looks_up_here(errand.proxy.scheme))
        if (auto unfit = resolve_here(errand, until))
            return {unfit->outcome, std::move(unfit->words)};
    auto conversation = conversation_for(errand);
    if (auto* unfit = std::get_if<Unfit>(&conversation))
        return {unfit->outcome, std::move(unfit->words)};

    const auto stream = reach(errand.proxy, errand.trust, until);
    if (!stream)
        return {Outcome::unreachable, fmt::format("reach the proxy {}: {}", proxy, stream.error())};
    auto answer = ask(**stream, std::move(std::get<Conversation>(conversation)), until);
    if (const auto* none = std::get_if<NoAnswer>(&answer))
        return {Outcome::unreachable,
                fmt::format("ask the proxy {} for {}: {}", proxy, target, none->why)};
    if (const auto* refused = std::get_if<client::Refused>(&answer))
        return {Outcome::refused, refusal_text(*refused, proxy, target)};

    auto& opened = std::get<Opened>(answer);
    auto pumped = pump(**stream, std::move(in), std::move(out), std::move(opened.early));
    if (pumped.is_whole)
        return {};
    if (pumped.why.empty())
        return {Outcome::broken, {}};
    return {Outcome::broken,
            fmt::format("the tunnel to {} through {} broke: {}", target, proxy, pumped.why)};
}

}  // namespace adit::connect
