// A TLS client on the far end of a connection, used with plain blocking calls.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

#include "tests/support/tcp_pair.hpp"

namespace adit::tests {

class TlsPeer {
public:
    // `prepare` may change the terms before the handshake. The far end outlives it.
    explicit TlsPeer(FarEnd& end, const std::function<void(SSL*)>& prepare = {});
    ~TlsPeer();
    TlsPeer(const TlsPeer&) = delete;
    TlsPeer& operator=(const TlsPeer&) = delete;

    bool connect();  // the handshake
    bool send(std::string_view bytes);
    std::string receive(std::size_t size);  // exactly `size` bytes, or fewer before the end
    bool receives_end();                    // a close_notify, and not merely FIN
    void say_end();                         // a close_notify, and no FIN
    SSL* native() { return ssl_; }

private:
    SSL_CTX* context_;
    SSL* ssl_;
};

}  // namespace adit::tests
