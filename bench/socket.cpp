#include "bench/socket.hpp"

#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <system_error>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace adit::bench {
namespace {

[[noreturn]] void fail(const std::string& doing)
{
    throw std::system_error{errno, std::generic_category(), doing};
}

Descriptor tcp_socket()
{
    Descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (socket.get() < 0)
        fail("socket");
    return socket;
}

void enable(const Descriptor& socket, int level, int option)
{
    const int on = 1;
    if (::setsockopt(socket.get(), level, option, &on, sizeof on) != 0)
        fail("setsockopt");
}

}  // namespace

std::string Endpoint::text() const
{
    char address_text[INET_ADDRSTRLEN] = {};
    ::inet_ntop(AF_INET, &address, address_text, sizeof address_text);
    return std::string{address_text} + ":" + std::to_string(port);
}

sockaddr_in Endpoint::raw() const
{
    sockaddr_in raw{};
    raw.sin_family = AF_INET;
    raw.sin_addr = address;
    raw.sin_port = htons(port);
    return raw;
}

Endpoint parse_endpoint(std::string_view text)
{
    Endpoint endpoint;
    const auto colon = text.rfind(':');
    if (colon != std::string_view::npos) {
        const std::string host{text.substr(0, colon)};
        const auto* end = text.data() + text.size();
        const auto read = std::from_chars(text.data() + colon + 1, end, endpoint.port);
        if (read.ec == std::errc{} && read.ptr == end &&
            ::inet_pton(AF_INET, host.c_str(), &endpoint.address) == 1)
            return endpoint;
    }
    throw std::runtime_error{std::string{text} + " is no IPv4 address with a port"};
}

Descriptor::~Descriptor()
{
    close();
}

void Descriptor::close()
{
    if (owned_ >= 0)
        ::close(std::exchange(owned_, -1));
}

Descriptor listen_on(const Endpoint& endpoint)
{
    auto socket = tcp_socket();
    enable(socket, SOL_SOCKET, SO_REUSEADDR);
    enable(socket, IPPROTO_TCP, TCP_NODELAY);  // what it accepts inherits this
    const auto raw = endpoint.raw();
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&raw), sizeof raw) != 0)
        fail("bind " + endpoint.text());
    if (::listen(socket.get(), SOMAXCONN) != 0)
        fail("listen on " + endpoint.text());
    return socket;
}

std::uint16_t port_of(const Descriptor& socket)
{
    sockaddr_in raw{};
    socklen_t length = sizeof raw;
    if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&raw), &length) != 0)
        fail("getsockname");
    return ntohs(raw.sin_port);
}

Descriptor begin_connect(const Endpoint& endpoint)
{
    auto socket = tcp_socket();
    enable(socket, IPPROTO_TCP, TCP_NODELAY);
    const auto raw = endpoint.raw();
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&raw), sizeof raw) != 0 &&
        errno != EINPROGRESS)
        fail("connect " + endpoint.text());
    return socket;
}

int connect_error(const Descriptor& socket)
{
    int error = 0;
    socklen_t length = sizeof error;
    if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &length) != 0)
        return errno;
    return error;
}

}  // namespace adit::bench
