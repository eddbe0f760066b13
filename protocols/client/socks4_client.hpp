// SOCKS4 and SOCKS4a as the client speaks them: one request, one answer of eight bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/client/conversation.hpp"
#include "protocols/step.hpp"
#include "protocols/target.hpp"

namespace adit::protocols::client {

// VN(1)=4 | CD(1)=1 | DSTPORT(2) | DSTIP(4) | USERID NUL [ | NAME NUL: SOCKS4a, DSTIP 0.0.0.1 ]
// An IPv6 address travels as a name. Empty when the user id holds a NUL or more than 255 bytes.
std::optional<std::string> socks4_request(const Target& target, std::string_view user_id);

// False for what only SOCKS4a can carry: a name, an IPv6 address, and 0.0.0.x, which says that a
// name follows.
bool fits_socks4(const Host& host);

// VN(1)=0 | CD(1) | DSTPORT(2) | DSTIP(4). Gives CD. Malformed when VN is another.
Step<std::uint8_t> parse_socks4_reply(Bytes in);

class Socks4Client {
public:
    // `request` as made by socks4_request().
    explicit Socks4Client(std::string request) : request_{std::move(request)} {}

    std::string open() { return std::move(request_); }
    Turn advance(Bytes input);
    std::optional<Refused> cut_short() { return std::nullopt; }

private:
    std::string request_;
};

}  // namespace adit::protocols::client
