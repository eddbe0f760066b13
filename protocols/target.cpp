#include "protocols/target.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

#include <boost/asio/ip/address_v6.hpp>

namespace adit::protocols {
namespace {

namespace ip = boost::asio::ip;

constexpr std::size_t longest_name = 253;
constexpr std::size_t longest_label = 63;
constexpr std::size_t longest_address = 45;  // 0000:0000:0000:0000:0000:ffff:255.255.255.255

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool is_hex_digit(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

char to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool may_stand_in_label(char c)
{
    return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_';
}

bool is_label(std::string_view label)
{
    return !label.empty() && label.size() <= longest_label &&
           std::all_of(label.begin(), label.end(), may_stand_in_label);
}

// What inet_aton() would take for a part of an address: 127, 0177, 0x7f and even 0x.
bool is_number(std::string_view label)
{
    if (label.substr(0, 2) == "0x")
        return std::all_of(label.begin() + 2, label.end(), is_hex_digit);
    return std::all_of(label.begin(), label.end(), is_digit);
}

bool is_canonical_name(std::string_view text)
{
    if (text.size() > longest_name)
        return false;
    for (;;) {
        const auto dot = text.find('.');
        const auto label = text.substr(0, dot);
        if (!is_label(label))
            return false;
        if (dot == std::string_view::npos)
            return !is_number(label);
        text.remove_prefix(dot + 1);
    }
}

Result<Host, Fault> parse_bracketed(std::string_view literal)
{
    if (literal.find(':') == std::string_view::npos)
        return Fault::bad_host;  // brackets around a name or an IPv4 address
    const auto address = parse_address(literal);
    if (!address)
        return Fault::bad_host;
    return Host{*address};
}

Result<Target, Fault> join(const Result<Host, Fault>& host, std::string_view port_text)
{
    if (!host)
        return host.error();
    const auto port = parse_port(port_text);
    if (!port)
        return port.error();
    return Target{*host, *port};
}

void append(std::string& out, unsigned number)
{
    std::array<char, 10> digits;
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    out.append(digits.data(), end);
}

void append(std::string& out, const Address& address)
{
    if (address.is_v6()) {
        out += address.to_string();
        return;
    }
    const auto bytes = address.to_v4().to_bytes();
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i > 0)
            out += '.';
        append(out, bytes[i]);
    }
}

std::string with_port(const Address& address, std::uint16_t port)
{
    std::string text;
    text.reserve(longest_address + sizeof "[]:65535");
    if (address.is_v6())
        text += '[';
    append(text, address);
    text += address.is_v6() ? "]:" : ":";
    append(text, port);
    return text;
}

}  // namespace

Result<Domain, Fault> Domain::parse(std::string_view text)
{
    if (!text.empty() && text.back() == '.')
        text.remove_suffix(1);
    if (text.size() > longest_name)
        return Fault::bad_host;
    std::string name{text};
    std::transform(name.begin(), name.end(), name.begin(), to_lower);
    if (!is_canonical_name(name))
        return Fault::bad_host;
    return Domain{std::move(name)};
}

Address unmapped(const Address& address)
{
    if (!address.is_v6() || !address.to_v6().is_v4_mapped())
        return address;
    return ip::make_address_v4(ip::v4_mapped, address.to_v6());
}

Result<Address, Fault> parse_address(std::string_view text)
{
    // The characters are looked at first: inet_pton() would stop at a NUL and look up a zone.
    const auto may_stand = [](char c) { return is_hex_digit(c) || c == ':' || c == '.'; };
    if (text.size() > longest_address || !std::all_of(text.begin(), text.end(), may_stand))
        return Fault::bad_host;
    boost::system::error_code not_an_address;
    const auto address = ip::make_address(std::string{text}, not_an_address);
    if (not_an_address)
        return Fault::bad_host;
    return unmapped(address);
}

Result<Host, Fault> parse_host(std::string_view text)
{
    if (const auto address = parse_address(text))
        return Host{*address};
    const auto domain = Domain::parse(text);
    if (!domain)
        return domain.error();
    return Host{*domain};
}

Result<std::uint16_t, Fault> parse_port(std::string_view text)
{
    if (text.empty() || text.size() > 5 || text.front() == '0' ||
        !std::all_of(text.begin(), text.end(), is_digit))
        return Fault::bad_port;
    std::uint32_t port = 0;
    for (const char digit : text)
        port = port * 10 + static_cast<std::uint32_t>(digit - '0');
    if (port > 65535)
        return Fault::bad_port;
    return static_cast<std::uint16_t>(port);
}

Result<Target, Fault> parse_authority(std::string_view text)
{
    if (!text.empty() && text.front() == '[') {
        const auto end = text.find("]:");
        if (end == std::string_view::npos)
            return Fault::bad_authority;
        return join(parse_bracketed(text.substr(1, end - 1)), text.substr(end + 2));
    }
    const auto colon = text.find(':');
    if (colon == std::string_view::npos || text.find(':', colon + 1) != std::string_view::npos)
        return Fault::bad_authority;  // no port, or an IPv6 address without brackets
    return join(parse_host(text.substr(0, colon)), text.substr(colon + 1));
}

std::string to_text(const Address& address)
{
    std::string text;
    append(text, address);
    return text;
}

std::string to_text(const Host& host)
{
    if (const auto* domain = std::get_if<Domain>(&host))
        return domain->text();
    return to_text(std::get<Address>(host));
}

std::string to_text(const Target& target)
{
    if (const auto* address = std::get_if<Address>(&target.host))
        return with_port(*address, target.port);
    return std::get<Domain>(target.host).text() + ":" + std::to_string(target.port);
}

std::string to_text(const Endpoint& endpoint)
{
    return with_port(endpoint.address, endpoint.port);
}

}  // namespace adit::protocols
