// The header in front of every datagram of a UDP association (RFC 1928 §7). Fragments are not put
// together: a fragment is a fault, and whoever gets one drops it.
#pragma once

#include <string>

#include "protocols/bytes.hpp"
#include "protocols/result.hpp"
#include "protocols/target.hpp"

namespace adit::protocols {

// The longest header this gateway writes: that of an IPv6 address.
inline constexpr std::size_t longest_udp_header = 22;

// One datagram of a client. `payload` lives as long as the bytes it was read from; it may be empty.
struct Socks5Datagram {
    Target target;
    Bytes payload;
};

// RFC 1928 §7:  RSV(2)=0 | FRAG(1)=0 | ATYP(1) | DST.ADDR | DST.PORT(2) | DATA
// `datagram` is a whole one as it was received. Faults: bad_reserved_byte, fragment,
// bad_address_type, bad_host, bad_port, and cut_short when the header does not end.
Result<Socks5Datagram, Fault> parse_socks5_datagram(Bytes datagram);

// The header of an answer that came from `from`: 10 bytes, or 22 for IPv6.
std::string socks5_datagram_header(const Endpoint& from);

}  // namespace adit::protocols
