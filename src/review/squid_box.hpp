// What an http_access line speaks of, as one Adit rule would say it: fields that must all match.
// Conditions are joined here by meaning, since a rule has each field only once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "policy/host_pattern.hpp"
#include "policy/networks.hpp"
#include "policy/ports.hpp"
#include "src/review/squid_week.hpp"

namespace adit::review::squid {

// One field of a rule. `acl` is the access list that it is, whole and unchanged; empty when it was
// made of several.
template <class Values>
struct Field {
    Values values{};
    std::string acl;
};

struct Users {
    bool anyone = false;  // REQUIRED
    std::set<std::string> names;
};

using Networks = std::vector<policy::Network>;

// An entry of `hosts`, as it is written there.
struct HostEntry {
    std::string text;
    std::optional<policy::HostPattern> pattern;  // of a regular expression, "/.../"
    bool operator==(const HostEntry& other) const { return text == other.text; }
    bool operator<(const HostEntry& other) const { return text < other.text; }
};
using Hosts = std::set<HostEntry>;
constexpr std::ptrdiff_t most_patterns = 1000;  // the loader takes no more in one list
std::ptrdiff_t count_patterns(const Hosts& hosts);

// Adit tells CONNECT, its protocol `connect`, from all other methods, which are `http` to it.
enum class Method : std::uint8_t { connect, http };

struct Box {
    std::optional<Method> method;
    std::optional<Field<Networks>> clients;
    std::optional<Field<Users>> users;
    std::optional<Field<Hosts>> hosts;
    std::optional<Field<Networks>> networks;
    std::optional<Field<policy::PortSet>> ports;
    std::optional<Week> when;
};

// Which names two regular expressions share cannot be said. Then `least` is what is known to be
// shared, and `most` all of the one or the other; where both are the same the answer is exact.
enum class Bound : std::uint8_t { least, most };

Networks intersection(const Networks& one, const Networks& other);
Hosts intersection(const Hosts& one, const Hosts& other);  // what is known to be shared
bool is_exact(const Hosts& one, const Hosts& other);       // whether that is all
Users intersection(const Users& one, const Users& other);
policy::PortSet intersection(const policy::PortSet& one, const policy::PortSet& other);
policy::PortSet complement(const policy::PortSet& ports);

// Restricts the box to the method, or to these minutes. False when nothing is left.
bool narrow(Box& box, Method method);
bool narrow(Box& box, const Week& week);

inline bool is_empty(const Networks& networks)
{
    return networks.empty();
}
inline bool is_empty(const Hosts& hosts)
{
    return hosts.empty();
}
inline bool is_empty(const Users& users)
{
    return !users.anyone && users.names.empty();
}
inline bool is_empty(const policy::PortSet& ports)
{
    return ports.ranges().empty();
}

// Whether everything in `inner` is in `outer`. May say no where it is yes, never the other way.
bool covers(const Box& outer, const Box& inner);

}  // namespace adit::review::squid
