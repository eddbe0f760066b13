#include "src/gateway/pin.hpp"

#include <array>
#include <cerrno>

#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>

#include "protocols/client_hello.hpp"
#include "protocols/http_opening.hpp"
#include "protocols/ssh_banner.hpp"

namespace adit::gateway {

using policy::InnerProtocol;
using protocols::Bytes;
using protocols::Fault;
using protocols::Malformed;

namespace {

constexpr std::string_view other_server = "the server name is not one that the rule allows";

Pinned broken(Fault fault)
{
    const bool other =
        fault == Fault::not_tls || fault == Fault::not_ssh || fault == Fault::not_http;
    Pinned found;
    found.end = other ? PinEnd::mismatch : PinEnd::malformed;
    found.why = words(fault);
    return found;
}

template <class Value>
std::optional<Pinned> recognised(const protocols::Step<Value>& step)
{
    if (const auto* malformed = std::get_if<Malformed>(&step))
        return broken(malformed->fault);
    if (std::holds_alternative<protocols::NeedMore>(step))
        return std::nullopt;
    Pinned found;
    found.end = PinEnd::kept;
    return found;
}

}  // namespace

Pin::Pin(asio::io_context& loop, Client& client, Socket& destination, const policy::Inner& inner,
         const protocols::Host& asked)
    : loop_{loop},
      client_{client},
      destination_{destination},
      inner_{inner},
      asked_{asked},
      quiet_{loop}
{
}

// The client is heard here; beside it the destination is minded. Both are done before it returns.
Awaitable<Pinned> Pin::held()
{
    minded_ = true;
    asio::co_spawn(loop_, mind_destination(), [this](const std::exception_ptr& surprise) {
        if (surprise)
            end(PinEnd::destination_reset);
        minded_ = false;
        quiet_.wake();
    });
    auto found = co_await hear_client();

    over_ = true;
    boost::system::error_code nothing_to_cancel;
    destination_.cancel(nothing_to_cancel);
    while (minded_)
        co_await quiet_.wait();
    if (found.end == PinEnd::kept && ended_)
        found.end = *ended_;
    found.down = down_;
    co_return found;
}

void Pin::interrupt()
{
    end(PinEnd::interrupted);
}

Awaitable<Pinned> Pin::hear_client()
{
    for (;;) {
        auto found = look_at(client_.received());
        if (found)
            co_return std::move(*found);
        if (!ended_) {
            const auto heard = co_await client_.receive();
            if (heard)
                continue;
        }
        Pinned left;
        left.end = ended_.value_or(PinEnd::client_left);
        co_return left;
    }
}

// No value while more is needed. Each reader has a bound, so the client cannot go on for ever.
std::optional<Pinned> Pin::look_at(Bytes first_bytes) const
{
    switch (inner_.protocol) {
        case InnerProtocol::ssh:
            return recognised(protocols::read_ssh_identification(first_bytes));
        case InnerProtocol::http:
            return recognised(protocols::read_http_opening(first_bytes));
        case InnerProtocol::tls:
            break;
    }
    const auto step = protocols::read_client_hello(first_bytes);
    auto found = recognised(step);
    if (const auto* done = std::get_if<protocols::Done<protocols::ClientHello>>(&step)) {
        const auto& name = done->value.server_name;
        if (name)
            found->server_name = name->text();
        if (!inner_.allows(name, asked_)) {
            found->end = PinEnd::mismatch;
            found->why = other_server;
        }
    }
    return found;
}

// A destination that leaves ends the waiting, and one that speaks too early is left unread.
Awaitable<void> Pin::mind_destination()
{
    if (inner_.protocol == InnerProtocol::ssh) {
        const auto passed = co_await pass_lines();
        if (!passed)
            co_return;
    } else {
        std::array<std::uint8_t, 1> byte;
        const auto count = co_await peek_later(byte);
        if (count == 0)
            co_return;
    }
    co_await wait_for_reset();
}

// Bytes are taken from the destination once the client has got them, so that the relay finds exactly
// the rest. False when there is nothing more to mind.
Awaitable<bool> Pin::pass_lines()
{
    protocols::SshServerLines lines;
    std::array<std::uint8_t, 512> piece;
    while (!lines.over()) {
        const auto count = co_await peek_later(piece);
        if (count == 0)
            co_return false;
        const auto passing = lines.take(Bytes{piece}.first(count));
        const auto sent = co_await client_.send(protocols::as_text(Bytes{piece}.first(passing)));
        if (!sent) {
            end(PinEnd::client_left);
            co_return false;
        }
        (void)::recv(destination_.native_handle(), piece.data(), passing, MSG_DONTWAIT);
        down_ += passing;
    }
    co_return true;
}

// What the destination has said, without taking it. None when there is nothing more to mind.
Awaitable<std::size_t> Pin::peek_later(std::span<std::uint8_t> into)
{
    while (!done()) {
        co_await destination_.async_wait(Socket::wait_read, as_values);
        if (done())
            break;
        const auto count =
            ::recv(destination_.native_handle(), into.data(), into.size(), MSG_PEEK | MSG_DONTWAIT);
        if (count > 0)
            co_return static_cast<std::size_t>(count);
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
            continue;
        end(count == 0 ? PinEnd::destination_left : PinEnd::destination_reset);
    }
    co_return 0;
}

// Unread bytes would make a wait for more of them return at once.
Awaitable<void> Pin::wait_for_reset()
{
    if (done())
        co_return;
    co_await destination_.async_wait(Socket::wait_error, as_values);
    if (done())
        co_return;
    int error = 0;
    socklen_t length = sizeof error;
    (void)::getsockopt(destination_.native_handle(), SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0)
        end(PinEnd::destination_reset);
}

// The first reason counts.
void Pin::end(PinEnd why)
{
    if (!ended_)
        ended_ = why;
    boost::system::error_code nothing_to_cancel;
    client_.socket().cancel(nothing_to_cancel);
    destination_.cancel(nothing_to_cancel);
}

}  // namespace adit::gateway
