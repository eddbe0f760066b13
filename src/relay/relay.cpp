// Waits for readiness and moves bytes with plain recv and send through the worker's scratch buffer,
// so that an idle tunnel owns no buffer at all. A direction that keeps filling that buffer is
// spliced through a pipe of the worker's pool instead, which it holds only while bytes are on their
// way.
#include "src/relay/relay.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>

#include <boost/asio/post.hpp>

namespace adit::relay {
namespace {

// A direction that could go on yields to the other tunnels after this many rounds.
constexpr int max_rounds = 4;

// So many reads in a row filled the scratch buffer: from here on splice(2) costs less than copying.
// It is the other way round once a wake-up brings less than `least_spliced` bytes.
constexpr std::uint8_t bulk_after = 2;
constexpr std::size_t least_spliced = 32 << 10;

bool would_block(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK;
}

ssize_t receive(Socket& socket, std::span<std::uint8_t> into)
{
    ssize_t count = 0;
    do
        count = ::recv(socket.native_handle(), into.data(), into.size(), MSG_DONTWAIT);
    while (count < 0 && errno == EINTR);
    return count;
}

ssize_t send(Socket& socket, std::span<const std::uint8_t> bytes)
{
    ssize_t count = 0;
    do
        count =
            ::send(socket.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    while (count < 0 && errno == EINTR);
    return count;
}

// Both ends are non-blocking: the sockets since their first asynchronous operation, the pipe from
// the start.
ssize_t splice_some(int from, int to, std::size_t most)
{
    ssize_t count = 0;
    do
        count = ::splice(from, nullptr, to, nullptr, most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    while (count < 0 && errno == EINTR);
    return count;
}

// Closes with RST, whatever is still queued.
void reset(Socket& socket)
{
    boost::system::error_code
        ignored;  // the socket may be gone already; there is nobody left to tell
    socket.set_option(asio::socket_base::linger{true, 0}, ignored);
    socket.close(ignored);
}

}  // namespace

Relay::Relay(Socket& client, Socket& destination, std::string early, Shared& shared)
    : client_{client}, destination_{destination}, shared_{shared}, last_active_{shared.tick}
{
    up_.from = down_.to = &client;
    up_.to = down_.from = &destination;
    up_.kept = std::move(early);
}

void Relay::start(std::function<void(const Totals&)> over)
{
    on_over_ = std::move(over);
    started_ = std::chrono::steady_clock::now();
    if (over_)
        return complete_when_quiet();  // was stopped before it began
    if (up_.kept.empty())
        read_later(up_);
    else
        flush(up_);
    if (!over_)
        read_later(down_);
}

void Relay::stop()
{
    finish(End::stopped);
}

void Relay::read_later(Direction& direction)
{
    ++waits_;
    direction.from->async_wait(Socket::wait_read, [this, &direction](boost::system::error_code) {
        --waits_;
        over_ ? complete_when_quiet() : read(direction);
    });
}

void Relay::write_later(Direction& direction)
{
    ++waits_;
    direction.to->async_wait(Socket::wait_write, [this, &direction](boost::system::error_code) {
        --waits_;
        over_ ? complete_when_quiet() : flush(direction);
    });
}

bool Relay::Direction::is_bulk() const
{
    return full_reads >= bulk_after;
}

void Relay::read(Direction& direction)
{
    if (direction.is_bulk())
        direction.pipe = shared_.pipes.take();
    if (direction.pipe)
        splice(direction);
    else
        copy(direction);
}

void Relay::copy(Direction& direction)
{
    for (int round = 0; round < max_rounds; ++round) {
        const auto count = receive(*direction.from, shared_.scratch);
        if (count == 0)
            return end(direction);
        if (count < 0)
            return would_block(errno) ? read_later(direction) : broken(*direction.from);

        const auto bytes = shared_.scratch.first(static_cast<std::size_t>(count));
        const bool is_full = bytes.size() == shared_.scratch.size();
        direction.full_reads =
            is_full ? std::min<std::uint8_t>(direction.full_reads + 1, bulk_after) : 0;
        if (!forward(direction, bytes))
            return;
        if (!is_full)
            return read_later(direction);  // that was all, most likely; epoll tells if not
    }
    read_later(direction);
}

// Sends what `to` takes and keeps the rest. True when everything went and the direction may read
// on.
bool Relay::forward(Direction& direction, std::span<const std::uint8_t> bytes)
{
    const auto count = send(*direction.to, bytes);
    if (count < 0 && !would_block(errno)) {
        broken(*direction.to);
        return false;
    }
    const auto sent = static_cast<std::size_t>(std::max<ssize_t>(count, 0));
    delivered(direction, sent);
    if (sent == bytes.size())
        return true;
    const auto unsent = bytes.subspan(sent);
    direction.kept.assign(unsent.begin(), unsent.end());
    direction.sent = 0;
    write_later(direction);
    return false;
}

void Relay::splice(Direction& direction)
{
    std::size_t moved = 0;
    for (int round = 0; round < max_rounds; ++round) {
        const auto count = splice_some(direction.from->native_handle(), direction.pipe->write_end(),
                                       direction.pipe->capacity());
        const int error = errno;
        if (count <= 0) {
            rest(direction);
            if (count == 0)
                return end(direction);
            if (!would_block(error))
                return broken(*direction.from);
            if (moved < least_spliced)
                direction.full_reads = 0;
            return read_later(direction);
        }
        moved += static_cast<std::size_t>(count);
        direction.in_pipe = static_cast<std::size_t>(count);
        if (!drain(direction))
            return;
    }
    rest(direction);
    read_later(direction);
}

// Pipe to socket. True when the pipe is empty and the direction may read on.
bool Relay::drain(Direction& direction)
{
    while (direction.in_pipe > 0) {
        const auto count = splice_some(direction.pipe->read_end(), direction.to->native_handle(),
                                       direction.in_pipe);
        if (count < 0 && would_block(errno)) {
            write_later(direction);
            return false;
        }
        if (count <= 0) {
            broken(*direction.to);
            return false;
        }
        direction.in_pipe -= static_cast<std::size_t>(count);
        delivered(direction, static_cast<std::size_t>(count));
    }
    return true;
}

// Nothing is on its way, so others may have the pipe.
void Relay::rest(Direction& direction)
{
    if (!direction.pipe)
        return;
    if (direction.in_pipe == 0)
        shared_.pipes.give_back(std::move(*direction.pipe));
    else
        shared_.pipes.lose();
    direction.pipe.reset();
    direction.in_pipe = 0;
}

// `to` is writable again: first what it would not take before, then on with reading.
void Relay::flush(Direction& direction)
{
    if (!direction.pipe)
        return flush_kept(direction);
    if (!drain(direction))
        return;
    rest(direction);
    read(direction);
}

void Relay::flush_kept(Direction& direction)
{
    const auto unsent = std::span{direction.kept}.subspan(direction.sent);
    const auto count =
        send(*direction.to, {reinterpret_cast<const std::uint8_t*>(unsent.data()), unsent.size()});
    if (count < 0 && !would_block(errno))
        return broken(*direction.to);
    if (count > 0) {
        direction.sent += static_cast<std::size_t>(count);
        delivered(direction, static_cast<std::size_t>(count));
    }
    if (direction.sent < direction.kept.size())
        return write_later(direction);
    std::string{}.swap(direction.kept);
    direction.sent = 0;
    read(direction);
}

void Relay::delivered(Direction& direction, std::size_t bytes)
{
    last_active_ = shared_.tick;
    if (&direction == &down_ && !totals_.first_byte)
        totals_.first_byte = std::chrono::duration_cast<std::chrono::milliseconds>(
            std::chrono::steady_clock::now() - started_);
    direction.bytes += bytes;
}

// FIN was read, and everything before it has been sent: say FIN to the other side.
void Relay::end(Direction& direction)
{
    direction.ended = true;
    if (!opposite(direction).ended)
        totals_.by_client = &direction == &up_;
    if (opposite(direction).ended)
        return finish(End::finished);  // closing says FIN as well
    boost::system::error_code gone;    // the other direction finds out when it writes or reads
    direction.to->shutdown(Socket::shutdown_send, gone);
    watch_for_reset(direction);
}

// Nothing reads a side that has said FIN, so its RST would go unseen until someone writes to it.
void Relay::watch_for_reset(Direction& direction)
{
    ++waits_;
    direction.from->async_wait(Socket::wait_error, [this, &direction](boost::system::error_code) {
        --waits_;
        if (over_)
            return complete_when_quiet();
        int error = 0;
        socklen_t length = sizeof error;
        (void)::getsockopt(direction.from->native_handle(), SOL_SOCKET, SO_ERROR, &error, &length);
        if (error != 0)
            broken(*direction.from);
    });
}

// `by` said RST. What it had said before is still in the kernel's queue and belongs to the other
// side.
void Relay::broken(const Socket& by)
{
    totals_.by_client = &by == &client_;
    Direction& last_words = &by == &client_ ? up_ : down_;
    if (last_words.ended || last_words.has_undelivered())
        return finish(End::reset);
    for (;;) {
        const auto count = receive(*last_words.from, shared_.scratch);
        if (count <= 0)
            return finish(End::reset);
        const auto bytes = shared_.scratch.first(static_cast<std::size_t>(count));
        const auto sent = send(*last_words.to, bytes);
        last_words.bytes += static_cast<std::uint64_t>(std::max<ssize_t>(sent, 0));
        if (sent != count)
            return finish(End::reset);
    }
}

void Relay::finish(End end)
{
    if (over_)
        return;
    over_ = true;
    totals_.up = up_.bytes;
    totals_.down = down_.bytes;
    totals_.end = end;
    rest(up_);
    rest(down_);
    if (end == End::finished) {
        boost::system::error_code
            ignored;  // both FINs are exchanged; closing only gives back the descriptors
        client_.close(ignored);
        destination_.close(ignored);
    } else {
        reset(client_);
        reset(destination_);
    }
    complete_when_quiet();
}

// Closing the sockets cancels the waits; the last of their handlers to run completes the operation.
void Relay::complete_when_quiet()
{
    if (waits_ > 0 || !on_over_)
        return;
    asio::post(client_.get_executor(),
               [over = std::exchange(on_over_, {}), totals = totals_] { over(totals); });
}

Relay::Direction& Relay::opposite(const Direction& direction)
{
    return &direction == &up_ ? down_ : up_;
}

}  // namespace adit::relay
