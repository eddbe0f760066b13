// Waits for readiness and moves bytes with plain recv and send through the worker's scratch buffer,
// so that an idle tunnel owns no buffer at all. A direction that keeps filling that buffer is
// spliced through a pipe of the worker's pool instead, which it holds only while bytes are on their
// way.
#include "src/relay/relay.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/post.hpp>

#include "src/gateway/socket_options.hpp"

namespace adit::relay {
namespace {

// A direction that could go on yields to the other tunnels after this many rounds.
constexpr int max_rounds = 4;

// So many reads in a row filled the scratch buffer: from here on splice(2) costs less than copying.
// It is the other way round once a wake-up brings less than `least_spliced` bytes.
constexpr std::uint8_t bulk_after = 2;
constexpr std::size_t least_spliced = 32 << 10;

// A direction that has read so often without being told what is left is asked to tell: one call that
// spares one for each message. Short tunnels are spared the call.
constexpr std::uint8_t patience = 2;

bool would_block(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK;
}

struct Received {
    ssize_t count = 0;
    bool drained = false;  // nothing was left behind, no FIN either
    bool told = false;     // the kernel said so, or the contrary
};

// With TCP_INQ the kernel tells what is left, so that nobody need ask again to be told EAGAIN. What
// is left counts at least one when a FIN is.
Received receive(Socket& socket, std::span<std::uint8_t> into)
{
    iovec bytes{into.data(), into.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control;
    msghdr message{};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    Received received;
    do
        received.count = ::recvmsg(socket.native_handle(), &message, MSG_DONTWAIT);
    while (received.count < 0 && errno == EINTR);
    if (received.count <= 0)
        return received;
    const auto* told = CMSG_FIRSTHDR(&message);
    if (told == nullptr || told->cmsg_type != TCP_CM_INQ)
        return received;
    int left = 0;
    std::memcpy(&left, CMSG_DATA(told), sizeof left);
    received.told = true;
    received.drained = left == 0;
    return received;
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
    up_.relay = down_.relay = this;
    up_.from = down_.to = &client;
    up_.to = down_.from = &destination;
    up_.kept = std::move(early);
}

void Relay::start(std::function<void(const Totals&)> over)
{
    on_over_ = std::move(over);
    started_ = std::chrono::steady_clock::now();
    if (over_)
        return complete();  // was stopped before it began
    if (up_.kept.empty())
        read(up_);
    else
        flush(up_);
    if (!over_)
        read(down_);
}

void Relay::stop()
{
    finish(End::stopped);
}

// The kernel has just said that there is nothing to read.
void Relay::read_later(Direction& direction)
{
    direction.from->when_readable({&on_readable, &direction});
}

// There may be more, but others have waited long enough.
void Relay::read_soon(Direction& direction)
{
    direction.from->soon({&on_readable, &direction});
}

// The kernel has just said that there is no room.
void Relay::write_later(Direction& direction)
{
    direction.to->when_writable({&on_writable, &direction});
}

void Relay::on_readable(void* direction)
{
    auto& one = *static_cast<Direction*>(direction);
    one.relay->read(one);
}

void Relay::on_writable(void* direction)
{
    auto& one = *static_cast<Direction*>(direction);
    one.relay->flush(one);
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
        const auto [count, drained, told] = receive(*direction.from, shared_.scratch);
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
        if (drained)
            return read_later(direction);
        if (!told)
            ask_for_rest(direction);
    }
    read_soon(direction);
}

void Relay::ask_for_rest(Direction& direction)
{
    constexpr int yes = 1;
    if (direction.silent_reads > patience)
        return;
    if (direction.silent_reads++ ==
        patience)  // no more than once: a socket may have no such option
        (void)::setsockopt(direction.from->native_handle(), IPPROTO_TCP, TCP_INQ, &yes, sizeof yes);
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
    read_soon(direction);
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
    direction.from->when_readable({&on_stirring, &direction});
}

void Relay::on_stirring(void* direction)
{
    auto& one = *static_cast<Direction*>(direction);
    int error = 0;
    socklen_t length = sizeof error;
    (void)::getsockopt(one.from->native_handle(), SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0)
        one.relay->broken(*one.from);
    else
        one.relay->watch_for_reset(one);
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
        const auto count = receive(*last_words.from, shared_.scratch).count;
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
    complete();
}

void Relay::complete()
{
    if (!on_over_)
        return;
    asio::post(client_.get_executor(),
               [over = std::exchange(on_over_, {}), totals = totals_] { over(totals); });
}

Relay::Direction& Relay::opposite(const Direction& direction)
{
    return &direction == &up_ ? down_ : up_;
}

}  // namespace adit::relay
