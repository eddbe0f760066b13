// The header with which a proxy in front says who the client is: HAProxy's PROXY protocol, versions
// 1 (a line) and 2 (binary), proxy-protocol.txt of 2020. Only reads; whom to believe is for others
// to decide.
#pragma once

#include <optional>

#include "protocols/bytes.hpp"
#include "protocols/step.hpp"
#include "protocols/target.hpp"

namespace adit::protocols {

// Of version 1, its CR LF included (§2.1).
inline constexpr std::size_t longest_proxy_line = 107;
// Of version 2, with all that its two length bytes can tell (§2.2).
inline constexpr std::size_t longest_proxy_header = 16 + 65535;

struct ProxyHeader {
    // Who the proxy speaks for; unmapped. Nothing when it speaks for itself or does not know: a
    // health check (`UNKNOWN` in version 1, LOCAL or an unspecified family in version 2).
    std::optional<Endpoint> client;
    bool operator==(const ProxyHeader&) const = default;
};

// Reads one header. `in` may end anywhere and holds everything from the connection's first byte.
// Done leaves what follows the header to the caller; what version 2 appends to the addresses (its
// TLVs) is part of the header and skipped. Malformed with Fault::no_proxy_header when another
// protocol begins here, with Fault::bad_proxy_header when the header is not well-formed or carries
// something else than TCP over IPv4 or IPv6. Says so at the first byte that shows it.
Step<ProxyHeader> parse_proxy_header(Bytes in);

}  // namespace adit::protocols
