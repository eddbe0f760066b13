// Reads a handshake in small pieces: it is short, and what follows it belongs to the relay.
#include "src/gateway/client.hpp"

#include <array>
#include <utility>

#include <string.h>

#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

namespace adit::gateway {

Awaitable<bool> Client::receive(std::size_t most)
{
    received_.erase(0, std::exchange(used_, 0));
    const auto before = received_.size();
    received_.resize(before + most);
    const auto [error, count] =
        co_await socket_.async_read_some(asio::buffer(received_.data() + before, most), as_values);
    received_.resize(before + (error ? 0 : count));
    co_return !error && count > 0;
}

// A reply nearly always fits into the socket's buffer; then no operation is started at all.
Awaitable<bool> Client::send(std::string_view bytes)
{
    if (bytes.empty())
        co_return true;
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

Awaitable<void> Client::part()
{
    boost::system::error_code gone;
    socket_.shutdown(Socket::shutdown_send, gone);
    std::array<char, 2048> unread;
    for (int piece = 0; !gone && piece < 32; ++piece) {
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
