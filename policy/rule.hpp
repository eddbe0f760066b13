// One rule: an action, and the fields that must all match. A field that is absent matches
// everything.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "policy/domains.hpp"
#include "policy/networks.hpp"
#include "policy/ports.hpp"
#include "protocols/tunnel_request.hpp"

namespace adit::policy {

using protocols::Host;
using protocols::Protocol;
using protocols::Target;

enum class Action : std::uint8_t { allow, deny };

// Three-valued: before DNS the address of a name is unknown, and so is what depends on it.
enum class Match : std::uint8_t { no, unknown, yes };

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

// Who is asking, and where they are. A fact may be unknown: then so is every answer that depends on
// it.
struct Subject {
    std::string_view listener;  // its name
    Protocol protocol = Protocol::connect;
    std::optional<Address> client;  // empty: a unix-socket client, who matches no entry
    std::string_view user;          // empty: nobody
    bool user_unknown = false;      // asks whether *some* user would get through
};

struct Rule {
    std::string name;  // never empty: `rules[3]` when the file gives none
    Action action = Action::deny;
    std::optional<std::set<std::string, std::less<>>> listeners;
    std::optional<ProtocolSet> protocols;
    std::optional<NetworkSet> clients;
    std::optional<UserSet> users;
    std::optional<HostSet> hosts;
    std::optional<NetworkSet> networks;
    std::optional<PortSet> ports;

    // All fields but `networks`.
    Match match_request(const Subject& subject, const Target& target,
                        const Surroundings& around) const;
    // `networks`, or what an absent one means: `["public"]` for an allow, every address for a deny.
    bool match_address(const Destination& destination) const;
    // The same while the address is not known yet: `yes` only for a deny that covers every
    // address, `no` only for a list that holds none.
    Match match_unresolved() const;
};

}  // namespace adit::policy
