#include "policy/entries.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "policy/special_addresses.hpp"
#include "policy/suggest.hpp"

namespace adit::policy {

namespace {

constexpr std::array<std::string_view, 9> address_words{"public",   "loopback",   "private",
                                                        "cgnat",    "link-local", "multicast",
                                                        "metadata", "self",       "reserved"};

bool all_digits(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view without_brackets(std::string_view text)
{
    if (text.size() >= 2 && text.front() == '[' && text.back() == ']')
        return text.substr(1, text.size() - 2);
    return text;
}

struct HostPort {
    std::string_view host;
    std::string_view port;
};

// Splits at the last colon when digits follow it and the rest is no bare IPv6 address.
std::optional<HostPort> split_port(std::string_view text)
{
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || !all_digits(text.substr(colon + 1)))
        return std::nullopt;
    const auto host = text.substr(0, colon);
    if (host.find(':') != std::string_view::npos && host.front() != '[')
        return std::nullopt;
    return HostPort{host, text.substr(colon + 1)};
}

bool is_address(std::string_view text)
{
    return protocols::parse_address(without_brackets(text)).has_value();
}

bool looks_like_network(std::string_view text)
{
    const auto slash = text.find('/');
    return slash != std::string_view::npos && is_address(text.substr(0, slash));
}

std::string explain_network(std::string_view text, std::string_view base, std::string_view digits)
{
    const auto address = protocols::parse_address(base);
    if (!address)
        return quoted(text) + " is not a network: " + quoted(base) + " is not an address";
    const auto widest = address->is_v4() ? 32U : 128U;
    unsigned prefix = 0;
    const auto end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, prefix);
    if (read.ec != std::errc{} || read.ptr != end || prefix > widest)
        return quoted(text) + " is not a network: behind the slash stands a number from 0 to " +
               std::to_string(widest);
    return quoted(text) + " has bits set behind its prefix; did you mean " +
           quoted(masked(*address, prefix).to_string() + '/' + std::to_string(prefix)) + "?";
}

// The last label is the one that may not be a number; in front of another it is a good one.
bool is_wrong_by_its_number(std::string_view name)
{
    return !protocols::Domain::parse(name) && protocols::Domain::parse(std::string{name} + ".a");
}

std::string explain_host(std::string_view text)
{
    if (text.empty())
        return "a host name is never empty";
    if (const auto scheme = text.find("://"); scheme != std::string_view::npos) {
        const auto rest = text.substr(scheme + 3);
        return quoted(text) + " is a URL; write the host alone, like " +
               quoted(rest.substr(0, rest.find_first_of("/:?#")));
    }
    if (is_address(text) || looks_like_network(text))
        return quoted(text) +
               " is an address, and an address matches no host; put it in "
               "\"networks\"";
    if (const auto parts = split_port(text))
        return quoted(text) + " holds a port; write " + quoted(parts->host) + " here and " +
               std::string{parts->port} + " in \"ports\"";
    if (text.front() == '.')
        return quoted(text) + " begins with a dot; did you mean " +
               quoted("*" + std::string{text}) + "?";
    if (text.starts_with("*.") && is_wrong_by_its_number(text.substr(2)))
        return quoted(text) +
               " ends in a number, as addresses do and host names never; addresses belong in "
               "\"networks\"";
    if (text.find('*') != std::string_view::npos)
        return quoted(text) +
               " has a star in a place where it means nothing; a star stands alone "
               "or in front of a suffix, like \"*.example.com\"";
    if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }))
        return quoted(text) +
               " holds letters beyond ASCII; write its A-label, which begins with "
               "\"xn--\"";
    return quoted(text) +
           " is not a host name: labels of a-z, 0-9, - and _ with dots between "
           "them, the last one not a number";
}

Parsed<HostEntry> parse_pattern(std::string_view text)
{
    if (text.size() < 2 || !text.ends_with('/'))
        return quoted(text) +
               " begins with a slash like a regular expression, and does not end with one; write "
               "it between two slashes, without letters behind them: case never counts";
    const auto inside = text.substr(1, text.size() - 2);
    const auto pattern = HostPattern::parse(inside);
    if (!pattern)
        return "the regular expression " + quoted(text) + ' ' + pattern.error();
    return HostEntry{HostEntry::Kind::pattern, std::string{inside}, *pattern};
}

std::string without_spaces(std::string_view text)
{
    std::string result;
    std::ranges::copy_if(text, std::back_inserter(result), [](char c) { return c != ' '; });
    return result;
}

std::optional<PortRange> port_range(std::string_view text)
{
    const auto dash = text.find('-');
    const auto first = protocols::parse_port(text.substr(0, dash));
    const auto last =
        dash == std::string_view::npos ? first : protocols::parse_port(text.substr(dash + 1));
    if (!first || !last)
        return std::nullopt;
    return PortRange{*first, *last};
}

std::string explain_listen_address(std::string_view text)
{
    if (text.empty())
        return "an empty address; write one with its port, like \"127.0.0.1:1080\"";
    if (all_digits(text))
        return quoted(text) + " has no address; did you mean " +
               quoted("127.0.0.1:" + std::string{text}) + "?";
    if (const auto cut = text.rfind(':'); text.front() != '[' && cut != text.find(':') &&
                                          is_address(text.substr(0, cut)) &&
                                          all_digits(text.substr(cut + 1)))
        return quoted(text) + " needs brackets around its IPv6 address; did you mean " +
               quoted('[' + std::string{text.substr(0, cut)} + ']' +
                      std::string{text.substr(cut)}) +
               "?";
    if (is_address(text)) {
        const auto address = *protocols::parse_address(without_brackets(text));
        return quoted(text) + " has no port; did you mean " +
               quoted(protocols::to_text(Endpoint{address, 1080})) + "?";
    }
    const auto parts = split_port(text);
    if (parts && parts->host.empty())
        return quoted(text) + " has no address; did you mean " + quoted("*" + std::string{text}) +
               ", every address of this machine?";
    if (parts && parts->host == "localhost")
        return quoted(text) + " is a name; did you mean " +
               quoted("127.0.0.1:" + std::string{parts->port}) + "?";
    return quoted(text) +
           " is not an address and a port, like \"127.0.0.1:1080\", "
           "\"[::1]:1080\" or \"*:1080\"";
}

constexpr std::string_view unix_prefix = "unix:";
constexpr std::string_view systemd_prefix = "systemd:";

Parsed<ListenAddress> parse_unix_address(std::string_view text)
{
    const auto path = text.substr(unix_prefix.size());
    if (!is_socket_path(path))
        return quoted(text) +
               " does not name a socket by its full path of at most 107 bytes, like "
               "\"unix:/run/adit/proxy.sock\"";
    ListenAddress address;
    address.unix_path = path;
    return address;
}

// What FileDescriptorName= takes, see systemd.socket(5).
Parsed<ListenAddress> parse_systemd_address(std::string_view text)
{
    const auto name = text.substr(systemd_prefix.size());
    const bool is_name = !name.empty() && name.size() <= 255 &&
                         std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7F; });
    if (!is_name)
        return quoted(text) +
               " names no socket: write the FileDescriptorName= of the .socket unit (by default "
               "the unit's name), like \"systemd:adit.socket\"";
    ListenAddress address;
    address.systemd = name;
    return address;
}

// The address of host ":" port; brackets around IPv6 and only there.
std::optional<Address> bracketed_address(std::string_view host)
{
    const auto bare = without_brackets(host);
    const auto address = protocols::parse_address(bare);
    const bool has_brackets = bare.size() != host.size();
    if (!address || has_brackets != (bare.find(':') != std::string_view::npos))
        return std::nullopt;
    return *address;
}

}  // namespace

Parsed<HostEntry> parse_host_entry(std::string_view text)
{
    if (text == "*")
        return HostEntry{HostEntry::Kind::any, {}};
    if (text.starts_with('/'))
        return parse_pattern(text);
    const bool suffix = text.starts_with("*.");
    const auto name = suffix ? text.substr(2) : text;
    const auto domain = protocols::Domain::parse(name);
    if (!domain || is_address(name))
        return explain_host(text);
    return HostEntry{suffix ? HostEntry::Kind::suffix : HostEntry::Kind::exact, domain->text()};
}

Parsed<NetworkEntry> parse_network_entry(std::string_view text)
{
    if (const auto word = parse_word(text))
        return NetworkEntry{*word};
    if (const auto network = Network::parse(text))
        return NetworkEntry{*network};
    if (const auto slash = text.find('/'); slash != std::string_view::npos)
        return explain_network(text, text.substr(0, slash), text.substr(slash + 1));
    if (const auto parts = split_port(text); parts && is_address(parts->host))
        return quoted(text) + " holds a port; write " + quoted(without_brackets(parts->host)) +
               " here and " + std::string{parts->port} + " in \"ports\"";
    if (is_address(text))
        return quoted(text) + " needs no brackets; did you mean " + quoted(without_brackets(text)) +
               "?";
    const auto guess = did_you_mean(text, address_words);
    if (!guess.empty())
        return quoted(text) + " is not a network" + guess;
    if (protocols::Domain::parse(text))
        return quoted(text) +
               " is a name, and names belong in \"hosts\"; here stand addresses, "
               "CIDRs like \"10.0.0.0/8\", or " +
               alternatives(address_words);
    return quoted(text) + " is not an address, a CIDR like \"10.0.0.0/8\", or " +
           alternatives(address_words);
}

Parsed<PortRange> parse_port_entry(std::string_view text)
{
    const auto range = port_range(text);
    if (range && range->first <= range->last)
        return *range;
    if (range)
        return quoted(text) + " runs backwards; did you mean " +
               quoted(std::to_string(range->last) + '-' + std::to_string(range->first)) + "?";
    const auto squeezed = without_spaces(text);
    if (squeezed.size() != text.size() && port_range(squeezed))
        return quoted(text) + " is not a port; did you mean " + squeezed + "?";
    return quoted(text) +
           " is not a port: a port is a number from 1 to 65535, a range is "
           "\"8000-8099\"";
}

bool is_socket_path(std::string_view path)
{
    constexpr std::size_t longest = 107;  // sun_path, less its NUL
    return path.size() > 1 && path.size() <= longest && path.front() == '/' && path.back() != '/' &&
           std::ranges::none_of(
               path, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

Parsed<protocols::Target> parse_forward(std::string_view text)
{
    if (const auto target = protocols::parse_authority(text))
        return *target;
    return quoted(text) +
           " is not a host and a port, like \"db.internal:5432\" or \"[2001:db8::1]:443\"";
}

Parsed<ListenAddress> parse_listen_address(std::string_view text)
{
    if (text.starts_with(unix_prefix))
        return parse_unix_address(text);
    if (text.starts_with(systemd_prefix))
        return parse_systemd_address(text);
    const auto parts = split_port(text);
    if (!parts)
        return explain_listen_address(text);
    std::uint16_t port = 0;
    if (parts->port != "0") {
        const auto parsed = protocols::parse_port(parts->port);
        if (!parsed)
            return quoted(text) + " ends in a number that is no port: 0 (any free port) to 65535";
        port = *parsed;
    }
    if (parts->host == "*")
        return ListenAddress{{boost::asio::ip::address_v6::any(), port}, true};
    const auto address = bracketed_address(parts->host);
    if (!address)
        return explain_listen_address(text);
    return ListenAddress{{*address, port}, false};
}

Parsed<Endpoint> parse_name_server(std::string_view text)
{
    constexpr std::uint16_t dns = 53;
    if (const auto bare = protocols::parse_address(text))
        return Endpoint{*bare, dns};
    if (const auto bracketed = bracketed_address(text))
        return Endpoint{*bracketed, dns};
    const auto parts = split_port(text);
    const auto address = parts ? bracketed_address(parts->host) : std::nullopt;
    if (!address)
        return quoted(text) +
               " is not the address of a name server, like \"10.0.0.53\", "
               "\"10.0.0.53:5353\" or \"[fd00::53]:53\"";
    const auto port = protocols::parse_port(parts->port);
    if (!port)
        return quoted(text) + " ends in a number that is no port: 1 to 65535";
    return Endpoint{*address, *port};
}

Parsed<Network> parse_nat64_prefix(std::string_view text)
{
    const auto network = Network::parse(text);
    if (!network) {
        const auto slash = text.find('/');
        if (slash != std::string_view::npos)
            return explain_network(text, text.substr(0, slash), text.substr(slash + 1));
    }
    constexpr std::array lengths{32, 40, 48, 56, 64, 96};
    const bool fits = network && network->address.is_v6() &&
                      std::ranges::find(lengths, network->prefix) != lengths.end();
    if (!fits)
        return quoted(text) +
               " is not a NAT64 prefix: an IPv6 network of length 32, 40, 48, 56, 64 "
               "or 96, like \"2001:db8:64::/96\"";
    if (network->address.to_v6().to_bytes()[8] != 0)
        return quoted(text) + " is not a NAT64 prefix: bits 64 to 71 must be zero (RFC 6052)";
    return *network;
}

Parsed<Address> parse_own_address(std::string_view text)
{
    const auto address = protocols::parse_address(text);
    if (!address)
        return quoted(text) + " is not an address, like \"203.0.113.7\" or \"2001:db8::7\"";
    return *address;
}

}  // namespace adit::policy
