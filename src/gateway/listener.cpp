// Plain socket calls: every one that fails says which address it was about.
#include "src/gateway/listener.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

#include <fmt/format.h>
#include <boost/asio/ip/tcp.hpp>

#include "src/loop/socket_options.hpp"

namespace adit::gateway {
namespace {

using tcp = boost::asio::ip::tcp;

bool enable(int descriptor, int level, int option, int value = 1)
{
    return ::setsockopt(descriptor, level, option, &value, sizeof value) == 0;
}

std::string why(const policy::Listener& listener, std::string_view doing)
{
    const auto reason = errno;
    std::string text = fmt::format("{} {}: {}", doing, place(listener, {listener.endpoint}),
                                   std::strerror(reason));
    if (reason == EADDRINUSE)
        text +=
            "; another program (or another Adit) listens there: stop it, or choose another address";
    if (reason == EACCES)
        text += "; ports below 1024 need CAP_NET_BIND_SERVICE";
    if (reason == EADDRNOTAVAIL)
        text += "; this machine has no such address";
    return text;
}

Result<Descriptor, std::string> bind_socket(const policy::Listener& listener,
                                            const tcp::endpoint& endpoint, bool shared)
{
    Descriptor socket{
        ::socket(endpoint.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (socket.get() < 0)
        return {boost::system::in_place_error, why(listener, "open a socket for")};
    const bool is_v6 = endpoint.address().is_v6();
    const bool prepared =
        enable(socket.get(), SOL_SOCKET, SO_REUSEADDR) &&
        (!shared || enable(socket.get(), SOL_SOCKET, SO_REUSEPORT)) &&
        (!is_v6 || enable(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, listener.dual_stack ? 0 : 1));
    if (!prepared ||
        ::bind(socket.get(), endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0)
        return {boost::system::in_place_error, why(listener, "listen on")};
    return socket;
}

Result<protocols::Endpoint, std::string> bound_endpoint(const policy::Listener& listener,
                                                        int socket)
{
    tcp::endpoint endpoint;
    auto size = static_cast<socklen_t>(endpoint.capacity());
    if (::getsockname(socket, endpoint.data(), &size) != 0)
        return {boost::system::in_place_error, why(listener, "look at the socket of")};
    return protocols::Endpoint{endpoint.address(), endpoint.port()};
}

}  // namespace

std::string place(const policy::Listener& listener,
                  const std::vector<protocols::Endpoint>& endpoints)
{
    if (listener.unix_socket)
        return "unix:" + listener.unix_socket->path;
    if (listener.dual_stack)
        return fmt::format("*:{}", endpoints.front().port);
    std::string text = listener.systemd.empty() ? "" : "systemd:" + listener.systemd;
    for (const auto& endpoint : endpoints)
        text += (text.empty() ? "" : ", ") + to_text(endpoint);
    return text;
}

Result<BoundListener, std::string> bind_listener(const policy::Listener& listener,
                                                 std::size_t workers, bool beside_own)
{
    BoundListener bound;
    auto there = listener.endpoint;
    if (!beside_own) {
        const tcp::endpoint endpoint{listener.endpoint.address, listener.endpoint.port};
        const auto alone = bind_socket(listener, endpoint, false);
        if (!alone)
            return alone.error();
    }
    while (bound.sockets.size() < workers) {
        const tcp::endpoint endpoint{there.address, there.port};
        auto socket = bind_socket(listener, endpoint, true);
        if (!socket)
            return socket.error();
        set_no_delay(socket->get());
        tell_what_is_left(socket->get());
        set_keepalive(socket->get());
        if (::listen(socket->get(), SOMAXCONN) != 0)
            return why(listener, "listen on");
        const auto actual = bound_endpoint(listener, socket->get());
        if (!actual)
            return actual.error();
        there = *actual;
        bound.sockets.emplace_back().push_back(std::move(*socket));
    }
    bound.endpoints = {there};
    return bound;
}

}  // namespace adit::gateway
