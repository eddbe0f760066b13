// How many UDP associations there are, over all workers: each costs three descriptors, and a client
// could ask for one after the other.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "protocols/target.hpp"

namespace adit::udp {

// Any thread.
class Census {
public:
    static constexpr std::size_t most = 4096;
    static constexpr std::size_t most_of_one_client = 64;

    // One association's place, given back when it is destroyed. The census outlives it.
    class Place {
    public:
        Place(Census& census, protocols::Address client) : census_{&census}, client_{client} {}
        Place(Place&& other) noexcept
            : census_{std::exchange(other.census_, nullptr)}, client_{other.client_}
        {
        }
        Place& operator=(Place&&) = delete;
        ~Place();

    private:
        Census* census_;
        protocols::Address client_;
    };

    // Empty when the gateway or this client has as many as there may be.
    std::optional<Place> admit(const protocols::Address& client);

private:
    void leave(const protocols::Address& client);

    std::mutex mutex_;  // taken when an association begins and when it ends
    std::map<protocols::Address, std::size_t> of_client_;
    std::size_t all_ = 0;
};

}  // namespace adit::udp
