// What the tests of TLS share: a server's side and a client that shake hands over a real socket.
#pragma once

#include <optional>
#include <thread>

#include <poll.h>
#include <sys/socket.h>

#include <doctest/doctest.h>
#include <boost/asio/read.hpp>

#include "src/tls/stream.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/tls_peer.hpp"

namespace adit::tests {

// Made once: a server for "localhost", and the clients alice and bob of the same authority.
inline Certificates& certificates()
{
    static Certificates all;
    static const bool issued = [] {
        all.issue("server", "/CN=localhost");
        all.issue("alice", "/O=here/CN=alice", "DNS:alice.example,email:alice@example.com");
        return true;
    }();
    (void)issued;
    return all;
}

inline policy::Tls server_settings()
{
    policy::Tls settings;
    settings.certificate = certificates().path("server.pem");
    settings.key = certificates().path("server.key");
    return settings;
}

inline tls::ContextPtr open(const policy::Tls& settings)
{
    auto context = tls::Context::open(settings);
    REQUIRE(context.has_value());
    return *context;
}

// The socket is ready for what `then` asks for, within ten seconds.
inline void wait_for(int descriptor, Then then)
{
    pollfd one{descriptor, static_cast<short>(then == Then::when_writable ? POLLOUT : POLLIN), 0};
    REQUIRE(::poll(&one, 1, 10'000) == 1);
}

inline bool asks_to_wait(Then then)
{
    return then == Then::when_readable || then == Then::when_writable;
}

// Both ends of one connection. The loop is never run: nothing here is asynchronous.
struct Handshake {
    explicit Handshake(const policy::Tls& settings = server_settings(),
                       const std::function<void(SSL*)>& prepare = {})
        : context{open(settings)}, pair{connect_pair(loop)}, client{pair.theirs, prepare}
    {
        pair.ours.non_blocking(true);
    }

    // True when both are content. Of what the client says first, `early` bytes are read beforehand.
    bool shake(std::size_t early = 0)
    {
        bool connected = false;
        std::thread peer{[&] { connected = client.connect(); }};
        std::string first(early, '\0');
        const int descriptor = pair.ours.native_handle();
        if (early > 0) {
            pair.ours.non_blocking(false);
            first.resize(asio::read(pair.ours, asio::buffer(first)));
            pair.ours.non_blocking(true);
        }
        stream.emplace(*context, descriptor, first);
        auto then = stream->accept();
        while (asks_to_wait(then)) {
            wait_for(descriptor, then);
            then = stream->accept();
        }
        if (then == Then::broken)
            ::shutdown(descriptor, SHUT_WR);
        peer.join();
        return connected && then == Then::go_on;
    }

    std::string receive(std::size_t size)
    {
        std::string bytes(size, '\0');
        std::size_t got = 0;
        while (got < size) {
            const auto progress =
                stream->receive({reinterpret_cast<std::uint8_t*>(bytes.data()) + got, size - got});
            got += progress.bytes;
            if (asks_to_wait(progress.then))
                wait_for(pair.ours.native_handle(), progress.then);
            else if (progress.then != Then::go_on)
                break;
        }
        bytes.resize(got);
        return bytes;
    }

    asio::io_context loop{1};
    tls::ContextPtr context;
    TcpPair pair;
    TlsPeer client;
    std::optional<tls::Stream> stream;
};

}  // namespace adit::tests
