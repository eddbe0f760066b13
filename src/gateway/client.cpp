// Reads a handshake in small pieces: it is short, and what follows it belongs to the relay.
#include "src/gateway/client.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <utility>

#include <string.h>

#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

namespace adit::gateway {

namespace {

bool asks_to_wait(Then then)
{
    return then == Then::when_readable || then == Then::when_writable;
}

}  // namespace

Awaitable<bool> Client::secure(const tls::Context& context)
{
    const auto early = take_unused_bytes();
    tls_ = std::make_unique<tls::Stream>(context, socket_.native_handle(), early);
    auto then = tls_->accept();
    while (asks_to_wait(then)) {
        const auto is_ready = co_await ready(then);
        if (!is_ready)
            co_return false;
        then = tls_->accept();
    }
    co_return then == Then::go_on;
}

Awaitable<bool> Client::receive(std::size_t most)
{
    received_.erase(0, std::exchange(used_, 0));
    if (tls_) {
        const auto heard = co_await decrypt(most);
        co_return heard;
    }
    for (;;) {
        if (is_quiet()) {
            const auto stirred = co_await stirs();
            if (!stirred)
                co_return false;
        }
        const auto before = received_.size();
        received_.resize(before + most);
        const auto got =
            side().receive({reinterpret_cast<std::uint8_t*>(received_.data()) + before, most});
        received_.resize(before + got.bytes);
        if (got.then == Then::when_readable)
            be_quiet();
        if (got.bytes > 0 || got.then != Then::when_readable)
            co_return got.bytes > 0;
    }
}

void Client::listen()
{
    be_quiet();
}

void Client::be_quiet()
{
    socket_.be_quiet();
    watch_on();
}

void Client::on_stir(void* client, bool cancelled)
{
    auto& self = *static_cast<Client*>(client);
    if (self.waiting_) {
        asio::any_completion_handler<void(bool)> waiter;
        waiter.swap(self.waiting_);
        std::move(waiter)(!cancelled);
    } else if (!cancelled && self.watcher_.call != nullptr) {
        self.watcher_.call(self.watcher_.context, false);
    }
}

Awaitable<bool> Client::stirs()
{
    if (!is_quiet())
        co_return true;
    const auto stirred =
        co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void(bool)>(
            [this](auto handler) {
                // Move assignment of any_completion_handler recurses for ever in Boost 1.81.
                asio::any_completion_handler<void(bool)>{std::move(handler)}.swap(waiting_);
            },
            asio::use_awaitable_t<Executor>{});
    co_return stirred;
}

void Client::watch(Socket::Ready watcher)
{
    watcher_ = watcher;
    if (watcher.call != nullptr && !is_quiet())
        socket_.soon({&Client::on_stir, this});
}

void Client::watch_on()
{
    socket_.when_readable({&Client::on_stir, this});
}

// A reply nearly always fits into the socket's buffer; then no operation is started at all.
Awaitable<bool> Client::send(std::string_view bytes)
{
    if (bytes.empty())
        co_return true;
    if (tls_) {
        const auto told = co_await encrypt(bytes);
        co_return told;
    }
    const auto sent =
        ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0)
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    if (bytes.empty())
        co_return true;
    const auto [error, count] =
        co_await asio::async_write(socket_, asio::buffer(bytes.data(), bytes.size()), as_values);
    co_return !error && count == bytes.size();
}

Then Client::peek()
{
    const auto then = tls_ ? tls_->peek() : peek_plain();
    if (asks_to_wait(then))
        be_quiet();
    return then;
}

Then Client::peek_plain()
{
    char byte = 0;
    ssize_t count = 0;
    do
        count = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    while (count < 0 && errno == EINTR);
    if (count < 0)
        return errno == EAGAIN ? Then::when_readable : Then::broken;
    return count == 0 ? Then::ended : Then::go_on;
}

bool Client::is_reset()
{
    int error = 0;
    socklen_t length = sizeof error;
    (void)::getsockopt(socket_.native_handle(), SOL_SOCKET, SO_ERROR, &error, &length);
    return error != 0;
}

Awaitable<void> Client::part()
{
    if (tls_)
        (void)tls_->say_end();  // a client that does not read its answer misses no more by this
    boost::system::error_code gone;
    socket_.shutdown(Socket::shutdown_send, gone);
    std::array<char, 2048> unread;
    for (int pieces = 0; !gone && pieces < 32; ++pieces) {
        const auto [error, count] =
            co_await socket_.async_read_some(asio::buffer(unread), as_values);
        gone = error;
    }
}

void Client::reset()
{
    boost::system::error_code gone;  // then there is nobody left to tell
    socket_.set_option(asio::socket_base::linger{true, 0}, gone);
    socket_.close(gone);
}

// False when the wait was cancelled.
Awaitable<bool> Client::ready(Then when)
{
    const auto [error] = co_await socket_.async_wait(
        when == Then::when_writable ? Socket::wait_write : Socket::wait_read, as_values);
    co_return !error;
}

Awaitable<bool> Client::decrypt(std::size_t most)
{
    std::array<std::uint8_t, std::size_t{16} << 10> bytes;
    const auto room = std::span{bytes}.first(std::min(most, bytes.size()));
    auto got = tls_->receive(room);
    while (got.bytes == 0 && asks_to_wait(got.then)) {
        const auto is_ready = co_await ready(got.then);
        if (!is_ready)
            co_return false;
        got = tls_->receive(room);
    }
    received_.append(reinterpret_cast<const char*>(bytes.data()), got.bytes);
    ::explicit_bzero(bytes.data(), got.bytes);  // they may have been a password
    co_return got.bytes > 0;
}

Awaitable<bool> Client::encrypt(std::string_view bytes)
{
    for (;;) {
        const auto sent = tls_->send(protocols::as_bytes(bytes));
        bytes.remove_prefix(sent.bytes);
        if (bytes.empty())
            co_return true;
        if (!asks_to_wait(sent.then))
            co_return false;
        const auto is_ready = co_await ready(sent.then);
        if (!is_ready)
            co_return false;
    }
}

void Client::consume(std::size_t count)
{
    ::explicit_bzero(received_.data() + used_, count);
    used_ += count;
}

std::string Client::take_unused_bytes()
{
    received_.erase(0, used_);
    used_ = 0;
    received_.shrink_to_fit();
    return std::exchange(received_, {});
}

}  // namespace adit::gateway
