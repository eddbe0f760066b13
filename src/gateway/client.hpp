// The client's side of a connection while it is still a conversation: bytes in, bytes out, a polite
// goodbye.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/any_completion_handler.hpp>

#include "protocols/bytes.hpp"
#include "protocols/target.hpp"
#include "src/loop/awaitable.hpp"
#include "src/loop/progress.hpp"
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

    // Notes from now on when something comes, so that receive() need not ask in vain. To be called
    // in the turn of the loop in which the socket was registered, and where the client stays.
    void listen();

    // Waits for more bytes, `most` at a time. False when the client has said FIN or is gone, or when
    // the wait was cancelled.
    Awaitable<bool> receive(std::size_t most = 2048);

    // Waits until something has come, be it bytes, FIN or RST; at once where that is not known. False
    // when the wait was cancelled.
    Awaitable<bool> stirs();

    // `watcher` is told when something comes, and first where that is not known; again only after
    // watch_on(). Nobody is told after watch({}).
    void watch(Socket::Ready watcher);
    void watch_on();

    // In plain text: the kernel has said that nothing is left, and nothing has come since.
    bool is_quiet() const { return socket_.is_quiet(); }

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
    static void on_stir(void* client, bool cancelled);
    void be_quiet();
    Then peek_plain();
    Awaitable<bool> ready(Then when);
    Awaitable<bool> decrypt(std::size_t most);
    Awaitable<bool> encrypt(std::string_view bytes);

    Socket socket_;
    std::unique_ptr<tls::Stream> tls_;
    Peer peer_;
    asio::any_completion_handler<void(bool)> waiting_;  // of stirs()
    Socket::Ready watcher_;
    std::string received_;
    std::size_t used_ = 0;
};

}  // namespace adit::gateway
