// What a UDP association carried, for its record.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/decision.hpp"
#include "protocols/target.hpp"

namespace adit::observe {

// Bytes are those of payloads: headers do not count.
struct UdpCounts {
    std::uint64_t sent = 0;      // datagrams, client to destination
    std::uint64_t received = 0;  // datagrams, destination to client
    std::uint64_t up = 0;        // bytes of the one
    std::uint64_t down = 0;      // bytes of the other

    UdpCounts& operator+=(const UdpCounts& other)
    {
        sent += other.sent;
        received += other.received;
        up += other.up;
        down += other.down;
        return *this;
    }
};

struct UdpDestination {
    protocols::Target target{protocols::Address{}, 0};  // as the client wrote it
    std::optional<protocols::Endpoint> address;         // to which datagrams went last
    std::optional<policy::Verdict> verdict;             // absent: the name had no address
    std::string rule;
    std::string_view reason;
    std::string_view would;  // the answer if nothing observed, and its rule; empty: nothing does
    std::string would_rule;
    UdpCounts counts;
};

// Datagrams that went nowhere, by why. All but the last two came from the client, or from somebody
// who would be it.
struct UdpDropped {
    std::uint64_t stranger = 0;    // not from the client's address, or not from its port
    std::uint64_t malformed = 0;   // no header, or a wrong one
    std::uint64_t fragment = 0;    // FRAG was not 0
    std::uint64_t refused = 0;     // by the policy
    std::uint64_t unresolved = 0;  // the name has no address, or too many wait for it
    std::uint64_t unasked = 0;     // an answer from where the client did not write to
    std::uint64_t unsendable = 0;  // the kernel would not take it, in either direction

    bool none() const
    {
        return stranger + malformed + fragment + refused + unresolved + unasked + unsendable == 0;
    }
};

struct UdpTraffic {
    std::vector<UdpDestination> destinations;  // at most 32, the latest ones
    std::uint64_t other_destinations = 0;      // how many more there were
    UdpCounts others;                          // what went to and from those
    UdpDropped dropped;
};

}  // namespace adit::observe
