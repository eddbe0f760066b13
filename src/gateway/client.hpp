// The client's side of a connection while it is still a conversation: bytes in, bytes out, a polite
// goodbye.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/bytes.hpp"
#include "protocols/target.hpp"
#include "src/gateway/awaitable.hpp"
#include "src/gateway/progress.hpp"
#include "src/relay/side.hpp"

namespace adit::gateway {

// Who is at the other end: an address, or the user of a process of this machine.
struct Peer {
    std::optional<protocols::Endpoint> endpoint;  // unmapped; none on a unix socket
    std::optional<std::uint32_t> uid;             // on a unix socket: who connected
};

class Client {
public:
    Client(Socket socket, Peer peer) : socket_{std::move(socket)}, peer_{std::move(peer)} {}

    // TLS from here on; what has been received and not consumed is its beginning. False when the
    // handshake failed or the wait was cancelled.
    Awaitable<bool> secure(const tls::Context& context);

    // Waits for more bytes, `most` at a time. False when the client has said FIN or is gone, or when
    // the wait was cancelled.
    Awaitable<bool> receive(std::size_t most = 2048);

    // All of `bytes`, or false.
    Awaitable<bool> send(std::string_view bytes);

    // Whether there are bytes, which stay where they are. Never waits.
    Then peek();

    // Whether the client has said RST, or vanished.
    bool is_reset();

    // Says FIN and reads away what the client still sends (at most 64 KiB), until it closes or the
    // wait is cancelled: a close with unread input would make the kernel reset the last reply away.
    Awaitable<void> part();

    // Closes with RST: what was sent is no whole answer, and must not look like one.
    void reset();

    protocols::Bytes received() const { return protocols::as_bytes(received_).subspan(used_); }
    // Wipes them, too: they may have been a password.
    void consume(std::size_t count);
    std::string take_unused_bytes();

    const Peer& peer() const { return peer_; }
    // A proxy in front has said who it speaks for.
    void stands_for(const protocols::Endpoint& client) { peer_.endpoint = client; }
    Socket& socket() { return socket_; }
    const tls::Stream* tls() const { return tls_.get(); }  // null: plain text
    relay::Side side() { return {socket_, tls_.get()}; }   // for the relay

private:
    Awaitable<bool> ready(Then when);
    Awaitable<bool> decrypt(std::size_t most);
    Awaitable<bool> encrypt(std::string_view bytes);

    Socket socket_;
    std::unique_ptr<tls::Stream> tls_;
    Peer peer_;
    std::string received_;
    std::size_t used_ = 0;
};

}  // namespace adit::gateway
