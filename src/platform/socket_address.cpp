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
