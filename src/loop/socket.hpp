// A stream socket that tells, without a system call for each wait, when it can be read or written
// again.
//
// Asio's own waits arm epoll anew each time. The reactor has registered the descriptor for edges
// already, so a wait that begins right after the kernel said EAGAIN has nothing to arm: the next
// edge cannot be missed. This saves one of three calls of every message that is relayed.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>

namespace adit {

namespace asio = boost::asio;

using Executor = asio::io_context::executor_type;
// A byte stream of any family: a client may have come over TCP or through a unix socket.
using Stream = asio::generic::stream_protocol;

class Socket : public asio::basic_stream_socket<Stream, Executor> {
public:
    using Base = asio::basic_stream_socket<Stream, Executor>;
    // Called from the loop, never from inside the call that asked for it. `cancelled` when the
    // socket's cancel() has ended the wait.
    struct Ready {
        void (*call)(void* context, bool cancelled) = nullptr;
        void* context = nullptr;
    };

    using Base::Base;
    Socket(Base&& socket) : Base{std::move(socket)} {}  // NOLINT: it is the same thing
    Socket(Socket&& other) noexcept;
    Socket& operator=(Socket&&) = delete;
    ~Socket();

    // Takes a descriptor that is non-blocking and that nobody else holds a copy of: Asio need not
    // ask for the one, nor take it out of epoll before closing because of the other.
    void adopt(const protocol_type& protocol, int descriptor, boost::system::error_code& error);

    // Once, when the next edge comes: more to read or an end, room to write or an error. To be asked
    // only when the kernel has just said, with no turn of the loop since, that it would block (or
    // that nothing is left), or for whatever comes beyond what is there. Two may wait in a
    // direction: TLS may have to read in order to write.
    void when_readable(Ready ready);
    void when_writable(Ready ready);
    // When the loop comes round.
    void soon(Ready ready);
    // To be called when nothing is left to read, with no turn of the loop since, or when the socket
    // has just been opened: is_quiet() until something comes.
    void be_quiet();
    bool is_quiet() const;

    // An edge that has answered a wait told of an error or of the end of both directions. What comes
    // in one edge with other things has no edge of its own, and TCP_INQ knows nothing of resets.
    bool is_hung_up() const;
    // None of these is answered any more.
    void forget_waits();

    void close(boost::system::error_code& error);

private:
    class Wait;
    struct Waits;

    void begin(Wait& wait);
    Waits& waits();

    Waits* waits_ = nullptr;  // outlives the socket while the reactor holds one of them
};

}  // namespace adit
