// Plain TCP sockets for the load tool: IPv4, non-blocking, closed by their owner.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <netinet/in.h>

namespace adit::bench {

struct Endpoint {
    in_addr address{};  // network order
    std::uint16_t port = 0;

    std::string text() const;
    sockaddr_in raw() const;
};

// "127.0.0.1:1080"; anything else throws std::runtime_error.
Endpoint parse_endpoint(std::string_view text);

class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int owned) : owned_{owned} {}
    Descriptor(Descriptor&& other) noexcept : owned_{std::exchange(other.owned_, -1)} {}
    Descriptor& operator=(Descriptor&& other) noexcept
    {
        std::swap(owned_, other.owned_);
        return *this;
    }
    ~Descriptor();

    int get() const { return owned_; }
    void close();

private:
    int owned_ = -1;
};

// Both throw std::system_error. Port 0 takes a free one.
Descriptor listen_on(const Endpoint& endpoint);
std::uint16_t port_of(const Descriptor& socket);

// A connection under way: writable once it stands or has failed. Throws when it cannot even begin.
Descriptor begin_connect(const Endpoint& endpoint);

// What the attempt came to: 0 or an errno.
int connect_error(const Descriptor& socket);

}  // namespace adit::bench
