// One rule: an action, and the fields that must all match. A field that is absent matches
// everything.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "policy/domains.hpp"
#include "policy/inner.hpp"
#include "policy/networks.hpp"
#include "policy/ports.hpp"
#include "policy/times.hpp"
#include "protocols/token.hpp"
#include "protocols/tunnel_request.hpp"

namespace adit::policy {

using protocols::Host;
using protocols::Protocol;
using protocols::Target;
using std::chrono::sys_seconds;

enum class Action : std::uint8_t { allow, deny };

// Three-valued: before DNS the address of a name is unknown, and so is what depends on it.
enum class Match : std::uint8_t { no, unknown, yes };

// What a rule asks about, in the words of the file.
enum class Field : std::uint8_t {
    none,
    listeners,
    protocols,
    clients,
    uids,
    users,
    hosts,
    networks,
    ports,
    expires,
    when,
    not_
};
std::string_view word(Field field);  // "networks", ...

// What may not be known about a request. The address is unknown until a name has been looked up;
// host and port are while a UDP association is asked for, whose datagrams will name them.
enum class Fact : std::uint8_t { listener, protocol, client, user, address, time, host, port };
inline constexpr std::array all_facts{Fact::listener, Fact::protocol, Fact::client, Fact::user,
                                      Fact::address,  Fact::time,     Fact::host,   Fact::port};
std::string_view word(Fact fact);  // "client", ...

struct Facts {
    std::uint8_t bits = 0;

    void add(Fact fact) { bits |= bit(fact); }
    void remove(Fact fact) { bits &= static_cast<std::uint8_t>(~bit(fact)); }
    void add(Facts others) { bits |= others.bits; }
    bool contains(Fact fact) const { return (bits & bit(fact)) != 0; }
    bool empty() const { return bits == 0; }
    bool operator==(const Facts&) const = default;
    static std::uint8_t bit(Fact fact)
    {
        return static_cast<std::uint8_t>(1U << static_cast<unsigned>(fact));
    }
};

// The answer of one rule, and what it hangs on.
struct Matched {
    Match match = Match::yes;
    Field field = Field::none;  // no: the field that did not match; unknown: the first such field
    Facts unknown;              // the facts that were asked for and are not known
};

// Who `users` names: users, members of groups (already expanded), or anyone who is logged in.
struct UserSet {
    bool anyone = false;
    std::set<std::string, std::less<>> names;
    // Nobody, the empty user, is in no set, not even in `*`.
    bool contains(std::string_view user) const
    {
        return !user.empty() && (anyone || names.contains(user));
    }
};

struct ProtocolSet {
    std::uint8_t bits = 0;
    void add(Protocol protocol) { bits |= bit(protocol); }
    bool contains(Protocol protocol) const { return (bits & bit(protocol)) != 0; }
    bool operator==(const ProtocolSet&) const = default;
    static std::uint8_t bit(Protocol protocol)
    {
        return static_cast<std::uint8_t>(1U << static_cast<unsigned>(protocol));
    }
};

// Who is asking, from where, and when. A fact may be unknown: then so is every answer that depends
// on it.
struct Subject {
    std::string_view listener;  // its name
    Protocol protocol = Protocol::connect;
    std::optional<Address> client;  // empty: a unix-socket client, who matches no entry
    std::optional<std::uint32_t> uid = std::nullopt;  // of a unix-socket client
    std::string_view user;                            // empty: nobody
    bool may_log_in = true;  // false: nobody stays nobody here, so a login is no cure
    // Empty: at a time when no rule has expired, and unknown to rules that hold only at times.
    std::optional<sys_seconds> at;
    // Where no moment is known: rules that hold only at times hold. A time in `not` stays unknown, for
    // which of both is "open" there nobody can say.
    bool times_hold = false;
    // For rules that hold only at times, where that is another moment: a request of the past is judged
    // by its own time of day, but by the rules that have not expired. Empty: `at`.
    std::optional<sys_seconds> time_of_day = std::nullopt;
    const protocols::TokenRights* rights = nullptr;  // narrower than the user's; null: as the user
    // Facts whose value above does not count. An unknown user is *some* user who is logged in.
    Facts unknown;
};

// Who answers for a rule, why it is there, and until when.
struct Life {
    std::string owner;
    std::string reason;
    std::string ticket;
    std::optional<sys_seconds> expires;  // from this moment on the rule does not match

    bool empty() const { return owner.empty() && reason.empty() && ticket.empty() && !expires; }
    bool expired(std::optional<sys_seconds> at) const { return expires && at && *at >= *expires; }
};

// What must match, all of it. All but `networks` is asked before the address is known.
struct Conditions {
    std::optional<std::set<std::string, std::less<>>> listeners;
    std::optional<ProtocolSet> protocols;
    std::optional<NetworkSet> clients;
    std::optional<std::set<std::uint32_t>> uids;  // users of this machine, on unix sockets
    std::optional<UserSet> users;
    std::optional<HostSet> hosts;
    std::optional<NetworkSet> networks;
    std::optional<PortSet> ports;
    std::optional<Times> when;
};

struct Rule : Conditions {
    std::string name;  // never empty: `rules[3]` when the file gives none
    Action action = Action::deny;
    bool observe = false;  // passed over; what it would have done is recorded
    // `not`: the rule matches only where these do not all match. Its `networks` are taken as those of
    // a rule of the other action are, so in doubt an allow reaches less and a deny covers more; they
    // do not lift the implied `public`.
    std::optional<Conditions> excluded;
    Life life;
    // What the tunnels that it allows carry; `protocols` are then those that can_carry() it.
    std::optional<Inner> inner;

    // Everything. Without a destination the address is not known yet.
    Matched match(const Subject& subject, const Target& target, const Destination* destination,
                  const Surroundings& around) const;

    // All fields but `networks` and `not`.
    Matched match_request(const Subject& subject, const Target& target,
                          const Surroundings& around) const;
    // `networks`, or what an absent one means: `["public"]` for an allow, every address for a deny.
    bool match_address(const Destination& destination) const;
    // The same while the address is not known yet: `yes` only for a deny that covers every
    // address, `no` only for a list that holds none.
    Match match_unresolved() const;
};

}  // namespace adit::policy
