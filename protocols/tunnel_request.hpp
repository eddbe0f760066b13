// What a handshake ends in: a wish to be connected somewhere, whatever dialect it was spoken in.
#pragma once

#include <cstdint>
#include <string_view>

#include "protocols/target.hpp"

namespace adit::protocols {

enum class Protocol : std::uint8_t { connect, http, socks5, socks4, udp, bind, forward };

// The word used in the configuration and in records: "connect", "socks5", ...
std::string_view word(Protocol protocol);

struct TunnelRequest {
    Protocol protocol = Protocol::connect;
    Target target;
};

}  // namespace adit::protocols
