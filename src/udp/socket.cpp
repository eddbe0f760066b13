#include "src/udp/socket.hpp"

#include <cerrno>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

#include "src/platform/system.hpp"

namespace adit::udp {

namespace {

using Endpoint = asio::ip::udp::endpoint;

int try_bind(int descriptor, const Endpoint& at)
{
    return ::bind(descriptor, at.data(), static_cast<socklen_t>(at.size())) == 0 ? 0 : errno;
}

// Begins somewhere in the range, so that ports are not easily guessed from one another.
int bind_within(int descriptor, const protocols::Address& address, policy::PortRange ports)
{
    const unsigned count = static_cast<unsigned>(ports.last - ports.first) + 1;
    const auto begin = static_cast<unsigned>(platform::random_bits() % count);
    int error = EADDRINUSE;
    for (unsigned i = 0; i < count && error == EADDRINUSE; ++i)
        error = try_bind(descriptor,
                         {address, static_cast<std::uint16_t>(ports.first + (begin + i) % count)});
    return error;
}

}  // namespace

Result<Socket, int> open_at(asio::io_context& loop, const protocols::Address& address,
                            policy::PortRange ports)
{
    const auto protocol = address.is_v6() ? asio::ip::udp::v6() : asio::ip::udp::v4();
    const int descriptor =
        ::socket(protocol.family(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP);
    if (descriptor < 0)
        return errno;
    Socket socket{loop};
    boost::system::error_code error;
    socket.assign(protocol, descriptor, error);
    if (error) {
        ::close(descriptor);
        return error.value();
    }
    if (address.is_v6())
        socket.set_option(asio::ip::v6_only{true}, error);
    if (const int refused = bind_within(descriptor, address, ports); refused != 0)
        return refused;
    return socket;
}

protocols::Endpoint place_of(const Socket& socket)
{
    boost::system::error_code unknown;  // then 0.0.0.0:0
    const auto at = socket.local_endpoint(unknown);
    return {at.address(), at.port()};
}

}  // namespace adit::udp
