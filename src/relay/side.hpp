// One end of a tunnel as the relay sees it: a connected socket, with TLS on it or without. Small
// and copied freely; nothing in it is virtual, and without TLS each step is one system call.
#pragma once

#include <cstdint>
#include <span>

#include "src/loop/awaitable.hpp"
#include "src/loop/progress.hpp"
#include "src/tls/stream.hpp"

namespace adit::relay {

class Side {
public:
    // Both outlive it. The socket is non-blocking.
    Side(Socket& socket, tls::Stream* tls = nullptr) : socket_{&socket}, tls_{tls} {}
    // The same for a socket that we have connected and that has no option yet: TCP_NODELAY is set
    // before its second bytes. The first never wait, and short tunnels are spared a call.
    static Side connected(Socket& socket)
    {
        Side side{socket};
        side.undelayed_from_ = 2;
        return side;
    }

    // `when_readable` only when the kernel has said that nothing is left, so that an edge will come.
    Progress receive(std::span<std::uint8_t> into);
    Progress send(std::span<const std::uint8_t> bytes);

    // Says that nothing more follows; when it asks to wait, it is to be called again. With TLS that
    // is a close_notify and then FIN: not every client listens to both.
    Then say_end();

    // Closes with RST, whatever is still queued.
    void reset();
    // Closes. What was sent arrives, and then FIN.
    void close();

    // Nothing has come since the kernel said that nothing is left.
    bool is_quiet() const { return tls_ == nullptr && socket_->is_quiet(); }
    bool is_plain() const { return tls_ == nullptr; }
    Socket& socket() const { return *socket_; }

private:
    void ask_for_rest();

    Socket* socket_;
    tls::Stream* tls_;
    std::uint8_t silent_reads_ = 0;    // the kernel did not say what was left
    std::uint8_t undelayed_from_ = 0;  // so many sends until TCP_NODELAY is set; 0: it is
};

}  // namespace adit::relay
