// The destinations of one association, newest first: found by what the client wrote and by where
// answers come from. Bounded: the one that has rested longest makes room, and is then a stranger.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "src/dial/resolver.hpp"
#include "src/observe/udp_traffic.hpp"

namespace adit::udp {

struct Destination {
    using Clock = std::chrono::steady_clock;
    enum class State : std::uint8_t { unjudged, looking_up, open, refused, unresolved };

    explicit Destination(protocols::Target written) { facts.target = std::move(written); }

    observe::UdpDestination facts;
    State state = State::unjudged;
    std::uint64_t policy = 0;   // which one judged it, and
    Clock::time_point judged;   // when
    std::uint64_t counted = 0;  // the policy under which its decision was counted

    // Of a name only.
    std::unique_ptr<dial::Lookup> lookup;
    std::optional<Clock::time_point> looked_up;
    std::vector<protocols::Address> addresses;  // in the order in which they are tried
    std::vector<std::string> waiting;           // payloads, until the address is known
};

class Destinations {
public:
    static constexpr std::size_t most = 256;
    static constexpr std::size_t most_told = 32;  // of these in the record

    // The one the client wrote to, new if need be; it is the newest now. Stays where it is until it
    // has to make room.
    Destination& at(const protocols::Target& target);

    // Whose answers come from there; null when the client has not written there. It is the newest
    // now.
    Destination* answering(const protocols::Endpoint& from);

    // Answers of `destination` come from there, and from nowhere else.
    void answers_from(Destination& destination, const protocols::Endpoint& address);
    void answers_no_more(Destination& destination);

    // Told of one that has to make room.
    std::function<void(Destination&)> on_leaving;

    template <class Each>
    void each(Each visit)
    {
        for (auto& destination : all_)
            visit(destination);
    }

    // What the record tells of them.
    void tell(observe::UdpTraffic& traffic) const;

private:
    using All = std::list<Destination>;
    using ByTarget = std::map<std::pair<std::string, std::uint16_t>, All::iterator, std::less<>>;

    void make_room();
    void forget(All::iterator destination);

    All all_;  // the newest first
    std::map<std::pair<protocols::Address, std::uint16_t>, All::iterator> literals_;
    ByTarget names_;
    std::map<std::pair<protocols::Address, std::uint16_t>, All::iterator> answering_;
    std::uint64_t forgotten_ = 0;
    observe::UdpCounts of_forgotten_;
};

}  // namespace adit::udp
