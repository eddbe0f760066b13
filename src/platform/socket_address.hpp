// Linux's socket addresses as values.
#pragma once

#include <cstdint>
#include <optional>

#include <sys/socket.h>

#include "protocols/target.hpp"

namespace adit::platform {

// The address and port in a sockaddr of the internet families; nothing for any other family. It
// must be as long as its family says.
std::optional<protocols::Endpoint> endpoint_of(const sockaddr* address);

// Where this machine's end of a socket is, IPv4-mapped addresses unmapped; nothing for a socket that
// has no such address, such as a unix socket.
std::optional<protocols::Endpoint> local_endpoint_of(int descriptor);

// AF_INET, AF_INET6, AF_UNIX, ...
int family_of(int descriptor);

// The user (its number) whose process connected to this unix socket; nothing when Linux does not
// say.
std::optional<std::uint32_t> peer_user(int descriptor);

}  // namespace adit::platform
