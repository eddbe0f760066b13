// A path as the address of a unix socket.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>

#include <sys/socket.h>
#include <sys/un.h>

namespace adit::control {

class Address {
public:
    // Empty when the path is empty or too long for the kernel, which takes 107 bytes.
    static std::optional<Address> of(const std::string& path)
    {
        Address address;
        address.unix_.sun_family = AF_UNIX;
        if (path.empty() || path.size() >= sizeof address.unix_.sun_path)
            return std::nullopt;
        std::copy(path.begin(), path.end(), address.unix_.sun_path);
        return address;
    }

    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&unix_); }
    static socklen_t size() { return sizeof(sockaddr_un); }

private:
    sockaddr_un unix_{};
};

}  // namespace adit::control
