// Waits for readiness and moves bytes with plain recv and send through the worker's scratch buffer,
// so that an idle tunnel owns no buffer at all. A direction that keeps filling that buffer is
// spliced through a pipe of the worker's pool instead, which it holds only while bytes are on their
// way.
#include "src/relay/relay.hpp"
#include "src/platform/clocks.hpp"

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

// The kernel has just said that this side would block.
void wait(const Side& side, Then when, Socket::Ready ready)
{
    if (when == Then::when_writable)
        side.socket().when_writable(ready);
    else
        side.socket().when_readable(ready);
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

}  // namespace

Relay::Relay(Side client, Side destination, std::string early, Shared& shared)
    : client_{client}, destination_{destination}, shared_{shared}, last_active_{shared.tick}
{
    up_.relay = down_.relay = this;
    up_.from = down_.to = &client_;
    up_.to = down_.from = &destination_;
    up_.kept = std::move(early);
}

void Relay::start(std::function<void(const Totals&)> over)
{
    on_over_ = std::move(over);
    started_ = std::chrono::steady_clock::now();
    if (over_)
        return complete();  // was stopped before it began
    begin(up_);
    if (!over_)
        begin(down_);
}

void Relay::begin(Direction& direction)
{
    if (!direction.kept.empty())
        flush(direction);
    else if (direction.from->is_quiet())
        read_later(direction);
    else
        read(direction);
}

void Relay::stop()
{
    finish(End::stopped);
}

void Relay::read_later(Direction& direction, Then when)
{
    wait(*direction.from, when, {&on_read, &direction});
}

// There may be more, but others have waited long enough.
void Relay::read_soon(Direction& direction)
{
    direction.from->socket().soon({&on_read, &direction});
}

void Relay::write_later(Direction& direction, Then when)
{
    wait(*direction.to, when, {&on_write, &direction});
}

void Relay::on_read(void* direction, bool)
{
    auto& one = *static_cast<Direction*>(direction);
    one.relay->read(one);
}

void Relay::on_write(void* direction, bool)
{
    auto& one = *static_cast<Direction*>(direction);
    one.relay->flush(one);
}

bool Relay::Direction::is_bulk() const
{
    return full_reads >= bulk_after && from->is_plain() && to->is_plain();
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
        const auto got = direction.from->receive(shared_.scratch);
        if (got.bytes > 0) {
            const bool is_full = got.bytes == shared_.scratch.size();
            direction.full_reads =
                is_full ? std::min<std::uint8_t>(direction.full_reads + 1, bulk_after) : 0;
            if (!forward(direction, shared_.scratch.first(got.bytes)))
                return;
        }
        if (got.then != Then::go_on)
            return stand_still(direction, got.then);
    }
    read_soon(direction);
}

// Everything that came has been sent on.
void Relay::stand_still(Direction& direction, Then why)
{
    if (why == Then::ended)
        return end(direction);
    if (why == Then::broken)
        return broken(*direction.from);
    read_later(direction, why);
}

// Sends what `to` takes and keeps the rest. True when everything went and the direction may read
// on.
bool Relay::forward(Direction& direction, std::span<const std::uint8_t> bytes)
{
    const auto sent = direction.to->send(bytes);
    delivered(direction, sent.bytes);
    if (sent.then == Then::broken) {
        broken(*direction.to);
        return false;
    }
    if (sent.bytes == bytes.size())
        return true;
    const auto unsent = bytes.subspan(sent.bytes);
    direction.kept.assign(unsent.begin(), unsent.end());
    direction.sent = 0;
    write_later(direction, sent.then);
    return false;
}

void Relay::splice(Direction& direction)
{
    std::size_t moved = 0;
    for (int round = 0; round < max_rounds; ++round) {
        const auto count = splice_some(direction.from->socket().native_handle(),
                                       direction.pipe->write_end(), direction.pipe->capacity());
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
        const auto count = splice_some(direction.pipe->read_end(),
                                       direction.to->socket().native_handle(), direction.in_pipe);
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
    if (direction.end_unsaid)
        return end(direction);
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
    const auto sent =
        direction.to->send({reinterpret_cast<const std::uint8_t*>(unsent.data()), unsent.size()});
    direction.sent += sent.bytes;
    if (sent.bytes > 0)
        delivered(direction, sent.bytes);
    if (sent.then == Then::broken)
        return broken(*direction.to);
    if (direction.sent < direction.kept.size())
        return write_later(direction, sent.then);
    std::string{}.swap(direction.kept);
    direction.sent = 0;
    read(direction);
}

void Relay::delivered(Direction& direction, std::size_t bytes)
{
    last_active_ = shared_.tick;
    if (&direction == &down_ && !totals_.first_byte)
        totals_.first_byte = platform::since(started_);
    direction.bytes += bytes;
}

// FIN was read, and everything before it has been sent: say FIN to the other side.
void Relay::end(Direction& direction)
{
    const auto& other = opposite(direction);
    if (!direction.ended && !other.ended)
        totals_.by_client = &direction == &up_;
    direction.ended = true;
    // Closing says FIN as well, but no close_notify. Who is gone shows when the other direction
    // writes or reads.
    if (!other.ended || !direction.to->is_plain()) {
        const auto said = direction.to->say_end();
        direction.end_unsaid = said == Then::when_writable || said == Then::when_readable;
        if (direction.end_unsaid)
            return write_later(direction, said);
    }
    if (other.ended && !other.end_unsaid)
        return finish(End::finished);
    watch_for_reset(direction);
}

// Nothing reads a side that has said FIN, so its RST would go unseen until someone writes to it.
void Relay::watch_for_reset(Direction& direction)
{
    direction.from->socket().when_readable({&on_stirring, &direction});
}

void Relay::on_stirring(void* direction, bool)
{
    auto& one = *static_cast<Direction*>(direction);
    int error = 0;
    socklen_t length = sizeof error;
    (void)::getsockopt(one.from->socket().native_handle(), SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0)
        one.relay->broken(*one.from);
    else
        one.relay->watch_for_reset(one);
}

// `by` said RST. What it had said before is still in the kernel's queue and belongs to the other
// side.
void Relay::broken(const Side& by)
{
    totals_.by_client = &by == &client_;
    Direction& last_words = &by == &client_ ? up_ : down_;
    if (last_words.ended || last_words.has_undelivered())
        return finish(End::reset);
    for (;;) {
        const auto got = last_words.from->receive(shared_.scratch);
        if (got.bytes == 0)
            return finish(End::reset);
        const auto sent = last_words.to->send(shared_.scratch.first(got.bytes));
        last_words.bytes += sent.bytes;
        if (sent.bytes != got.bytes)
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
        client_.close();
        destination_.close();
    } else {
        client_.reset();
        destination_.reset();
    }
    complete();
}

void Relay::complete()
{
    if (!on_over_)
        return;
    asio::post(client_.socket().get_executor(),
               [over = std::exchange(on_over_, {}), totals = totals_] { over(totals); });
}

Relay::Direction& Relay::opposite(const Direction& direction)
{
    return &direction == &up_ ? down_ : up_;
}

}  // namespace adit::relay
