// Waits for readiness and moves bytes with plain recv and send through the worker's scratch buffer,
// so that an idle tunnel owns no buffer at all.
#include "src/relay/relay.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <sys/socket.h>

#include <boost/asio/async_result.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

namespace adit::relay {
namespace {

// A direction that keeps filling the scratch buffer yields to the other tunnels after this many
// rounds.
constexpr int max_rounds = 4;

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

Awaitable<Totals> Relay::run()
{
    started_ = std::chrono::steady_clock::now();
    co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(
        [this](auto handler) {
            // Move assignment of any_completion_handler recurses for ever in Boost 1.81.
            asio::any_completion_handler<void()>{std::move(handler)}.swap(done_);
            start();
        },
        asio::use_awaitable_t<Executor>{});
    co_return totals_;
}

void Relay::stop()
{
    finish(End::stopped);
}

void Relay::start()
{
    if (up_.kept.empty())
        read_later(up_);
    else
        flush(up_);
    if (!over_)
        read_later(down_);
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

void Relay::read(Direction& direction)
{
    for (int round = 0; round < max_rounds; ++round) {
        const auto count = receive(*direction.from, shared_.scratch);
        if (count == 0)
            return end(direction);
        if (count < 0)
            return would_block(errno) ? read_later(direction) : broken(*direction.from);

        const auto bytes = shared_.scratch.first(static_cast<std::size_t>(count));
        if (&direction == &down_ && down_.bytes == 0 && !totals_.first_byte)
            totals_.first_byte = std::chrono::duration_cast<std::chrono::milliseconds>(
                std::chrono::steady_clock::now() - started_);
        if (!forward(direction, bytes))
            return;
        if (bytes.size() < shared_.scratch.size())
            return read_later(direction);  // that was all, most likely; epoll tells if not
    }
    read_later(direction);
}

// Sends what `to` takes and keeps the rest. True when everything went and the direction may read
// on.
bool Relay::forward(Direction& direction, std::span<const std::uint8_t> bytes)
{
    last_active_ = shared_.tick;
    const auto count = send(*direction.to, bytes);
    if (count < 0 && !would_block(errno)) {
        broken(*direction.to);
        return false;
    }
    const auto sent = static_cast<std::size_t>(std::max<ssize_t>(count, 0));
    direction.bytes += sent;
    if (sent == bytes.size())
        return true;
    const auto rest = bytes.subspan(sent);
    direction.kept.assign(rest.begin(), rest.end());
    direction.sent = 0;
    write_later(direction);
    return false;
}

// `to` is writable again: the kept bytes first, then on with reading.
void Relay::flush(Direction& direction)
{
    const auto rest = std::span{direction.kept}.subspan(direction.sent);
    const auto count =
        send(*direction.to, {reinterpret_cast<const std::uint8_t*>(rest.data()), rest.size()});
    if (count < 0 && !would_block(errno))
        return broken(*direction.to);
    if (count > 0) {
        last_active_ = shared_.tick;
        direction.bytes += static_cast<std::size_t>(count);
        direction.sent += static_cast<std::size_t>(count);
    }
    if (direction.sent < direction.kept.size())
        return write_later(direction);
    std::string{}.swap(direction.kept);
    direction.sent = 0;
    read(direction);
}

// FIN was read, and everything before it has been sent: say FIN to the other side.
void Relay::end(Direction& direction)
{
    direction.ended = true;
    if (!opposite(direction).ended)
        totals_.by_client = &direction == &up_;
    boost::system::error_code
        gone;  // a side that is gone by now shows it when the other direction writes or reads
    direction.to->shutdown(Socket::shutdown_send, gone);
    if (opposite(direction).ended)
        return finish(End::finished);
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
    if (last_words.ended || !last_words.kept.empty())
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
    if (waits_ == 0 && done_)
        asio::post(client_.get_executor(), std::move(done_));
}

Relay::Direction& Relay::opposite(const Direction& direction)
{
    return &direction == &up_ ? down_ : up_;
}

}  // namespace adit::relay
