// What DNS has said about names, for as long as it may be believed. Pure: the time is handed in. Answers are kept,
// decisions never.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "protocols/target.hpp"

namespace adit::dial {

using protocols::Address;

enum class Family : std::uint8_t { ipv4, ipv6 };  // an A question, an AAAA question

enum class Found : std::uint8_t {
    addresses,
    nothing,     // no such name, or no address of this family
    failed,      // the servers answered that they cannot tell, or could not be reached at all
    silence,     // nobody answered in time
    overloaded,  // not asked: too many questions are open
};

// No more of a name's addresses are ever looked at, so no more are kept: whoever owns a name may put
// thousands behind it.
inline constexpr std::size_t most_addresses = 16;

// The answer for one name and one family.
struct NameAnswer {
    Found found = Found::nothing;
    std::vector<Address> addresses;  // the first most_addresses, each once, as the server ordered
                                     // them; empty unless found == addresses
    std::chrono::seconds ttl{0};     // as the server said; counts for addresses only

    bool operator==(const NameAnswer&) const = default;
};

class NameCache {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    explicit NameCache(std::size_t capacity = 10'000) : capacity_{capacity} {}

    // Null when nothing is known, or no longer. Valid until the next call.
    const NameAnswer* find(std::string_view name, Family family, TimePoint now);

    // Addresses are kept for their TTL, but at least 1 second and at most 5 minutes; `nothing` for 30 seconds; `failed`
    // and `silence` for 5 seconds; `overloaded` not at all. What was asked for longest ago makes room.
    void store(std::string_view name, Family family, NameAnswer answer, TimePoint now);

    void clear();
    std::size_t size() const { return entries_.size(); }

private:
    struct Entry {
        std::string name;
        Family family;
        NameAnswer answer;
        TimePoint expires;
    };
    using Entries = std::list<Entry>;  // the most recently used first

    using Index = std::unordered_map<std::string_view, Entries::iterator>;  // views of Entry::name

    Index& index(Family family) { return by_name_[static_cast<std::size_t>(family)]; }
    void erase(Entries::iterator entry);

    std::size_t capacity_;
    Entries entries_;
    std::array<Index, 2> by_name_;
};

}  // namespace adit::dial
