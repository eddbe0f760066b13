#include "src/platform/socket_address.hpp"

#include <algorithm>
#include <iterator>

#include <netinet/in.h>

namespace adit::platform {

std::optional<protocols::Endpoint> endpoint_of(const sockaddr* address)
{
    if (address->sa_family == AF_INET) {
        const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
        return protocols::Endpoint{boost::asio::ip::address_v4{ntohl(v4->sin_addr.s_addr)},
                                   ntohs(v4->sin_port)};
    }
    if (address->sa_family == AF_INET6) {
        const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
        boost::asio::ip::address_v6::bytes_type bytes;
        std::copy(std::begin(v6->sin6_addr.s6_addr), std::end(v6->sin6_addr.s6_addr),
                  bytes.begin());
        return protocols::Endpoint{boost::asio::ip::address_v6{bytes, v6->sin6_scope_id},
                                   ntohs(v6->sin6_port)};
    }
    return std::nullopt;
}

std::optional<protocols::Endpoint> local_endpoint_of(int descriptor)
{
    sockaddr_storage at{};
    socklen_t size = sizeof at;
    auto* address = reinterpret_cast<sockaddr*>(&at);
    if (::getsockname(descriptor, address, &size) != 0)
        return std::nullopt;
    auto endpoint = endpoint_of(address);
    if (endpoint)
        endpoint->address = protocols::unmapped(endpoint->address);
    return endpoint;
}

int family_of(int descriptor)
{
    int family = AF_UNSPEC;
    socklen_t size = sizeof family;
    (void)::getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &family, &size);  // then AF_UNSPEC stays
    return family;
}

std::optional<std::uint32_t> peer_user(int descriptor)
{
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return std::nullopt;
    return peer.uid;
}

}  // namespace adit::platform
