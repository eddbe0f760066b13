// Addresses as SOCKS5 spells them, in requests, replies and datagrams alike (RFC 1928 §5).
#pragma once

#include <cstdint>
#include <string>

#include "protocols/bytes.hpp"
#include "protocols/step.hpp"
#include "protocols/target.hpp"

namespace adit::protocols {

// ATYP(1) | ADDR: IPv4 (1), a counted name (3) or IPv6 (4). Faults: bad_address_type, bad_host.
Step<Host> read_socks5_host(ByteReader& reader);

// The same without looking at what a name is: only its length counts. False when there is more to
// come. Faults: bad_address_type.
Step<bool> skip_socks5_host(ByteReader& reader);

// ATYP(1) | ADDR | PORT(2): 10 bytes, or 22 for IPv6.
void append_socks5_endpoint(std::string& out, const Endpoint& endpoint);

}  // namespace adit::protocols
