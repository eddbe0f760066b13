#include "protocols/tunnel_request.hpp"

namespace adit::protocols {

std::string_view word(Protocol protocol)
{
    switch (protocol) {
        case Protocol::connect:
            return "connect";
        case Protocol::http:
            return "http";
        case Protocol::socks5:
            return "socks5";
        case Protocol::socks4:
            return "socks4";
        case Protocol::udp:
            return "udp";
        case Protocol::bind:
            return "bind";
        case Protocol::forward:
            return "forward";
    }
    return "unknown";
}

}  // namespace adit::protocols
