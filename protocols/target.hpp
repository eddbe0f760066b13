// Where a client wants to go, in the one canonical form that policy, dialer and records share.
// Reject, do not repair: ambiguous spellings are refused here and never reach anyone else.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include <boost/asio/ip/address.hpp>

#include "protocols/fault.hpp"
#include "protocols/result.hpp"

namespace adit::protocols {

using Address = boost::asio::ip::address;

// A host name: labels of a-z 0-9 - _ (1..63 each), lower case, at most 253 characters, no trailing
// dot, and a last label that is not a number (decimal or 0x…), so that no resolver can take it for
// an address.
class Domain {
public:
    // Accepts upper case and one trailing dot; anything else that is not canonical is
    // Fault::bad_host.
    static Result<Domain, Fault> parse(std::string_view text);

    const std::string& text() const { return text_; }
    bool operator==(const Domain&) const = default;

private:
    explicit Domain(std::string text) : text_{std::move(text)} {}
    std::string text_;
};

using Host = std::variant<Domain, Address>;

struct Endpoint {
    Address address;
    std::uint16_t port = 0;
    bool operator==(const Endpoint&) const = default;
};

struct Target {
    Host host;
    std::uint16_t port = 0;  // 1..65535
    bool operator==(const Target&) const = default;
};

// An IPv4-mapped IPv6 address is the IPv4 address it carries (RFC 4291 §2.5.5.2); every other
// address is itself.
Address unmapped(const Address& address);

// Strict dotted decimal or an IPv6 literal without zone and brackets; never inet_aton's spellings.
// Unmapped.
Result<Address, Fault> parse_address(std::string_view text);

// A host as SOCKS carries it in a name field: an address literal (some clients put it there) or a
// Domain. No brackets.
Result<Host, Fault> parse_host(std::string_view text);

// 1..65535 in at most five digits, no sign, no space, no leading zero.
Result<std::uint16_t, Fault> parse_port(std::string_view text);

// authority-form, RFC 9112 §3.2.3: host ":" port, and nothing else; brackets around an IPv6 literal
// and only there.
Result<Target, Fault> parse_authority(std::string_view text);

std::string to_text(const Address& address);    // as its own to_string() says, in less time
std::string to_text(const Host& host);          // no brackets: example.com, 10.0.0.1, 2001:db8::1
std::string to_text(const Target& target);      // brackets for IPv6: [2001:db8::1]:443
std::string to_text(const Endpoint& endpoint);  // as above

}  // namespace adit::protocols
