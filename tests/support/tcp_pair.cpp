#include "tests/support/tcp_pair.hpp"

#include <cerrno>
#include <stdexcept>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace adit::tests {

FarEnd::FarEnd(int descriptor) : descriptor_{descriptor}
{
    const timeval patience{10, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

FarEnd::FarEnd(FarEnd&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {}

FarEnd::~FarEnd()
{
    if (descriptor_ >= 0)
        ::close(descriptor_);
}

bool FarEnd::send(std::string_view bytes)
{
    while (!bytes.empty()) {
        const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

std::string FarEnd::receive(std::size_t size)
{
    std::string bytes(size, '\0');
    std::size_t got = 0;
    while (got < size) {
        const auto count = ::recv(descriptor_, bytes.data() + got, size - got, 0);
        if (count <= 0)
            break;
        got += static_cast<std::size_t>(count);
    }
    bytes.resize(got);
    return bytes;
}

bool FarEnd::receives_fin()
{
    char byte = 0;
    return ::recv(descriptor_, &byte, 1, 0) == 0;
}

bool FarEnd::receives_reset()
{
    char byte = 0;
    return ::recv(descriptor_, &byte, 1, 0) < 0 && errno == ECONNRESET;
}

void FarEnd::say_fin()
{
    ::shutdown(descriptor_, SHUT_WR);
}

bool FarEnd::send_last(std::string_view bytes)
{
    const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_MORE);
    say_fin();
    return sent == static_cast<ssize_t>(bytes.size());
}

void FarEnd::reset()
{
    const linger at_once{1, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(std::exchange(descriptor_, -1));
}

TcpPair connect_pair(asio::io_context& loop)
{
    tcp::acceptor acceptor{loop, {asio::ip::address_v4::loopback(), 0}};
    const auto endpoint = acceptor.local_endpoint();
    const int far = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(far, endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0)
        throw std::runtime_error{"loopback does not connect"};
    Socket ours{acceptor.accept(loop.get_executor())};
    ours.non_blocking(true);
    return {std::move(ours), FarEnd{far}};
}

}  // namespace adit::tests
