#include "protocols/token.hpp"

#include <algorithm>

namespace adit::protocols {
namespace {

constexpr std::string_view family = "adit";
constexpr std::string_view version = "adit1";
constexpr char between = '~';
constexpr std::string_view digits = "0123456789";
constexpr std::string_view base64url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t longest_time = 11;  // decimal digits

// Takes the text up to `end` and `end` itself away; all of it when there is no such.
std::string_view take(std::string_view& text, char end)
{
    const auto at = text.find(end);
    const auto taken = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
    return taken;
}

std::optional<std::uint64_t> parse_time(std::string_view text)
{
    if (text.empty() || text.size() > longest_time || text.front() == '0' ||
        text.find_first_not_of(digits) != std::string_view::npos)
        return std::nullopt;
    std::uint64_t time = 0;
    for (const char c : text)
        time = time * 10 + static_cast<std::uint64_t>(c - '0');
    return time;
}

std::optional<TokenRights::Name> parse_name(std::string_view text)
{
    const bool below = text.substr(0, 1) == ".";
    if (below)
        text.remove_prefix(1);
    const auto name = Domain::parse(text);
    if (!name || name->text() != text)
        return std::nullopt;
    return TokenRights::Name{name->text(), below};
}

std::optional<TokenRights::Ports> parse_ports(std::string_view text)
{
    const bool is_range = text.find('-') != std::string_view::npos;
    const auto first = parse_port(take(text, '-'));
    if (!first)
        return std::nullopt;
    if (!is_range)
        return TokenRights::Ports{*first, *first};
    const auto last = parse_port(text);
    if (!last || *last <= *first)
        return std::nullopt;
    return TokenRights::Ports{*first, *last};
}

// A list that is empty, or has no empty item.
template <class T>
std::optional<std::vector<T>> parse_list(std::string_view text,
                                         std::optional<T> (*parse)(std::string_view))
{
    std::vector<T> list;
    if (text.empty())
        return list;
    const auto commas = std::count(text.begin(), text.end(), ',');
    for (std::ptrdiff_t i = 0; i <= commas; ++i) {
        auto item = parse(take(text, ','));
        if (!item)
            return std::nullopt;
        list.push_back(std::move(*item));
    }
    return list;
}

// 43 digits carry 258 bits: the last two must be zero.
std::optional<TokenMac> parse_mac(std::string_view text)
{
    constexpr std::size_t length = 43;
    if (text.size() != length)
        return std::nullopt;
    TokenMac mac{};
    std::size_t at = 0;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char c : text) {
        const auto six = base64url.find(c);
        if (six == std::string_view::npos)
            return std::nullopt;
        bits = (bits << 6 | static_cast<std::uint32_t>(six)) & 0xffff;
        count += 6;
        if (count >= 8) {
            count -= 8;
            mac[at++] = static_cast<std::uint8_t>(bits >> count & 0xff);
        }
    }
    return (bits & ((1u << count) - 1)) == 0 ? std::optional{mac} : std::nullopt;
}

void append_mac(std::string& out, const TokenMac& mac)
{
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const auto byte : mac) {
        bits = (bits << 8 | byte) & 0xffff;
        count += 8;
        while (count >= 6) {
            count -= 6;
            out += base64url[bits >> count & 63];
        }
    }
    if (count > 0)
        out += base64url[bits << (6 - count) & 63];
}

bool is_below(std::string_view name, std::string_view suffix)
{
    return name.size() > suffix.size() + 1 && name.substr(name.size() - suffix.size()) == suffix &&
           name[name.size() - suffix.size() - 1] == '.';
}

bool covers(const TokenRights::Name& name, const Host& host)
{
    const auto* domain = std::get_if<Domain>(&host);
    if (domain == nullptr)
        return false;
    return name.below ? is_below(domain->text(), name.text) : domain->text() == name.text;
}

}  // namespace

bool TokenRights::cover(const Target& target) const
{
    const bool host =
        hosts.empty() || std::any_of(hosts.begin(), hosts.end(),
                                     [&](const Name& one) { return covers(one, target.host); });
    const bool port = ports.empty() || std::any_of(ports.begin(), ports.end(), [&](Ports one) {
                          return one.first <= target.port && target.port <= one.last;
                      });
    return host && port;
}

bool is_token(std::string_view password)
{
    if (password.substr(0, family.size()) != family)
        return false;
    const auto end = password.find_first_not_of(digits, family.size());
    return end != family.size() && end != std::string_view::npos && password[end] == between;
}

std::optional<SignedToken> parse_token(std::string_view password)
{
    const auto last = password.rfind(between);
    if (password.size() > longest_token || last == std::string_view::npos ||
        std::count(password.begin(), password.end(), between) != 4)
        return std::nullopt;
    auto rest = password.substr(0, last);
    if (take(rest, between) != version)
        return std::nullopt;
    const auto expires = parse_time(take(rest, between));
    auto hosts = parse_list(take(rest, between), parse_name);
    auto ports = parse_list(rest, parse_ports);
    const auto mac = parse_mac(password.substr(last + 1));
    if (!expires || !hosts || !ports || !mac)
        return std::nullopt;
    return SignedToken{
        {*expires, {std::move(*hosts), std::move(*ports)}}, password.substr(0, last), *mac};
}

std::string unsigned_text(const Token& token)
{
    std::string text{version};
    text += between + std::to_string(token.expires) + between;
    for (const auto& host : token.rights.hosts)
        text += (&host == token.rights.hosts.data() ? "" : ",") +
                std::string{host.below ? "." : ""} + host.text;
    text += between;
    for (const auto& ports : token.rights.ports) {
        if (&ports != token.rights.ports.data())
            text += ',';
        text += std::to_string(ports.first);
        if (ports.last != ports.first)
            text += '-' + std::to_string(ports.last);
    }
    return text;
}

std::string signed_text(const Token& token, const TokenMac& mac)
{
    auto text = unsigned_text(token) + between;
    append_mac(text, mac);
    return text;
}

}  // namespace adit::protocols
