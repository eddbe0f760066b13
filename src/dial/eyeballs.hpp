// Happy Eyeballs (RFC 8305) as a pure machine: it is told what happened and says what to dial next. Time is handed in;
// nothing is dialled here.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <variant>
#include <vector>

#include "protocols/target.hpp"
#include "src/dial/name_cache.hpp"

namespace adit::dial {

class Eyeballs {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    // RFC 8305 §8: how long an IPv4 answer waits for the IPv6 one, and one attempt for the next.
    static constexpr std::chrono::milliseconds resolution_delay{50};
    static constexpr std::chrono::milliseconds attempt_delay{250};

    struct Dial {
        Address address;
    };
    struct Wait {
        std::optional<TimePoint> until;  // empty: only an event can change anything
    };
    struct Exhausted {};  // no address is left, none is being dialled, none will come
    using Next = std::variant<Dial, Wait, Exhausted>;

    // What a family may be dialled at, in the resolver's order; may be nothing. Once for each family.
    void answered(Family family, const std::vector<Address>& addresses, TimePoint now);

    // An attempt that `next` asked for has come to nothing.
    void failed();

    // Dial counts as begun at `now`.
    Next next(TimePoint now);

private:
    struct Queue {
        bool answered = false;
        std::deque<Address> addresses;
    };
    Queue& queue(Family family) { return queues_[static_cast<std::size_t>(family)]; }
    bool nothing_more_to_come() const { return queues_[0].answered && queues_[1].answered; }

    Queue queues_[2];
    Family preferred_ = Family::ipv6;
    std::size_t live_ = 0;                 // attempts being made
    std::optional<TimePoint> not_before_;  // the next attempt
    bool begun_ = false;
};

}  // namespace adit::dial
