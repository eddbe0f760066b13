// The vocabulary of asynchronous work here. Everything runs on a worker's io_context and names its
// executor by type, which spares Asio's type-erased executor on every operation.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "src/loop/socket.hpp"

namespace adit {

using tcp = asio::ip::tcp;
using Acceptor = asio::basic_socket_acceptor<Stream, Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;

template <class T>
using Awaitable = asio::awaitable<T, Executor>;

// Completion token: the error code is a value like the others, never an exception.
inline constexpr auto as_values = asio::as_tuple(asio::use_awaitable_t<Executor>{});

}  // namespace adit
