// The UDP associations of all workers: how many there are, for each costs three descriptors and a
// client could ask for one after the other, and from which ports they send.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "protocols/target.hpp"
#include "src/login/origin.hpp"

namespace adit::udp {

// Any thread.
class Census {
public:
    static constexpr std::size_t most = 4096;
    static constexpr std::size_t most_of_one_client = 64;

    // One association's place, given back when it is destroyed. The census outlives it.
    class Place {
    public:
        Place(Census& census, login::Origin client) : census_{&census}, client_{std::move(client)}
        {
        }
        Place(Place&& other) noexcept
            : census_{std::exchange(other.census_, nullptr)},
              client_{std::move(other.client_)},
              outside_{std::move(other.outside_)}
        {
        }
        Place& operator=(Place&&) = delete;
        ~Place();

        // The association sends to its destinations from this port, until it gives its place back.
        void sends_from(std::uint16_t port);
        // Whether any association does.
        bool is_outside(std::uint16_t port) const;

    private:
        Census* census_;
        login::Origin client_;
        std::vector<std::uint16_t> outside_;
    };

    // Empty when the gateway or this client has as many as there may be. A client is an IPv4 address or
    // an IPv6 /64.
    std::optional<Place> admit(const protocols::Address& client);

private:
    void leave(const login::Origin& client, const std::vector<std::uint16_t>& outside);

    std::mutex mutex_;  // taken when an association begins, hears its client, and ends
    std::multiset<std::uint16_t> outside_;  // one port may be taken for IPv4 and for IPv6
    std::map<login::Origin, std::size_t> of_client_;
    std::size_t all_ = 0;
};

}  // namespace adit::udp
