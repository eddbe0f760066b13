// TLS to a proxy (https://): its certificate is verified, for its name, before a byte is said.
#pragma once

#include <memory>
#include <string>

#include "protocols/result.hpp"
#include "protocols/target.hpp"
#include "src/connect/stream.hpp"

namespace adit::connect {

// Whom to trust, and who we are. Paths of PEM files.
struct Trust {
    std::string ca_file;    // empty: the system's store, or SSL_CERT_FILE and SSL_CERT_DIR
    std::string cert_file;  // ours, for a proxy that asks, its chain behind it; empty: we have none
    std::string key_file;   // its key, without a passphrase; empty: that is in cert_file, too
};

// Shakes hands over the connected, non-blocking socket. TLS 1.2 or newer; the server is told the
// name (SNI, RFC 6066 §3), unless it is an address, and ALPN http/1.1. An end without close_notify
// is a failure of read(): somebody may have cut what was sent.
Result<std::unique_ptr<Stream>, std::string> start_tls(Descriptor socket,
                                                       const protocols::Host& host,
                                                       const Trust& trust, Moment until);

}  // namespace adit::connect
