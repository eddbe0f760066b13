// The first message of a TLS client, read strictly from the records that carry it (RFC 8446 §4.1.2,
// §5.1; TLS 1.2 and older look the same). It tells that this is TLS and which server is asked for;
// nothing is decrypted. Encrypted ClientHello (RFC 9849) hides another name inside: only the outer
// one is seen here, and whether that extension is there says nothing, since clients send decoys.
#pragma once

#include <cstddef>
#include <optional>

#include "protocols/bytes.hpp"
#include "protocols/step.hpp"
#include "protocols/target.hpp"

namespace adit::protocols {

struct ClientHello {
    std::optional<Domain> server_name;  // the outer one (RFC 6066 §3)
};

// Of all records that carry it, their headers included.
inline constexpr std::size_t max_client_hello = 16 * 1024;

// Reads one ClientHello, in as many records as the client made of it. `in` begins with the tunnel's
// first byte and may end anywhere; nothing is kept between calls. Malformed with Fault::not_tls
// when the first bytes belong to something else, and with another fault when it begins like TLS
// but breaks its rules.
Step<ClientHello> read_client_hello(Bytes in);

}  // namespace adit::protocols
