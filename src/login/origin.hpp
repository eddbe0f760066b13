// Whom a failed login is counted for: one IPv4 address; one IPv6 /64, which is what one subscriber
// has and can change addresses in at will; or one user of this machine who comes by a unix socket.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "protocols/target.hpp"

namespace adit::login {

struct Origin {
    std::string text;  // "192.0.2.7", "2001:db8:1:2::/64", "uid 1000"

    bool operator==(const Origin&) const = default;
    bool operator<(const Origin& other) const { return text < other.text; }
};

Origin origin_of(const protocols::Address& client);
Origin origin_of_local(std::optional<std::uint32_t> uid);  // without: all whose uid is not known

}  // namespace adit::login
