// TLS to a proxy (https://): its certificate is verified, for its name, before a byte is said.
#pragma once

#include <memory>
#include <string>

#include "protocols/result.hpp"
#include "protocols/target.hpp"
#include "src/connect/stream.hpp"

namespace adit::connect {

// Whom to trust.
struct Trust {
    std::string ca_file;  // PEM; empty: the system's store, or SSL_CERT_FILE and SSL_CERT_DIR
};

// Shakes hands over the connected, non-blocking socket. TLS 1.2 or newer; the server is told the
// name (SNI, RFC 6066 §3), unless it is an address, and ALPN http/1.1. An end without close_notify
// is a failure of read(): somebody may have cut what was sent.
Result<std::unique_ptr<Stream>, std::string> start_tls(Descriptor socket,
                                                       const protocols::Host& host,
                                                       const Trust& trust, Moment until);

}  // namespace adit::connect
