#include "src/http/upstream.hpp"

#include <cerrno>
#include <utility>

#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include "src/loop/socket_options.hpp"

namespace adit::http {

Upstream::Upstream(dial::Dialled connection)
    : socket_{std::move(connection.socket)}, address_{connection.address}, local_{connection.local}
{
    set_no_delay(socket_.native_handle());
    set_keepalive(socket_.native_handle());
}

Awaitable<Upstream::Heard> Upstream::receive()
{
    constexpr std::size_t piece = std::size_t{16} << 10;
    received_.erase(0, std::exchange(used_, 0));
    const auto before = received_.size();
    received_.resize(before + piece);
    const auto [error, count] =
        co_await socket_.async_read_some(asio::buffer(received_.data() + before, piece), as_values);
    received_.resize(before + (error ? 0 : count));
    if (!error)
        co_return Heard::bytes;
    co_return error == asio::error::eof ? Heard::end : Heard::failure;
}

Awaitable<bool> Upstream::send(std::string_view bytes)
{
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

bool Upstream::is_fresh()
{
    if (!socket_.is_open() || used_ != received_.size())
        return false;
    char byte = 0;
    const auto count = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void Upstream::close()
{
    boost::system::error_code closed_anyway;
    socket_.close(closed_anyway);
}

}  // namespace adit::http
