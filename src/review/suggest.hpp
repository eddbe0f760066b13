// From observed tunnels to rules that allow them and nothing else: whoever was seen, where they
// were seen to go. Gathers counts, not records, so that a log may be larger than memory.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "src/review/access_line.hpp"

namespace adit::review {

struct SuggestOptions {
    // A domain with at least this many observed hosts below it becomes one suffix; 0: none does.
    std::size_t fold_from = 0;
    bool with_denied = false;  // what was denied is to be allowed, too
};

// Who was seen: a user, or a client from which nobody had logged in: its address, or at a unix socket
// the number of the user there.
struct Who {
    std::string user;  // empty: nobody
    std::optional<std::uint32_t> uid;
    protocols::Address client;  // means nothing beside a user or a uid

    enum class Kind : std::uint8_t { user, uid, client };
    Kind kind() const { return !user.empty() ? Kind::user : uid ? Kind::uid : Kind::client; }
    bool operator==(const Who&) const = default;
    bool operator<(const Who& other) const
    {
        return std::tie(user, uid, client) < std::tie(other.user, other.uid, other.client);
    }
};

// How often, and what the rules pinned then: empty unless that was the same each time.
struct Seen {
    std::uint64_t count = 0;
    std::uint64_t telling = 0;  // of these: whose records tell whether anything was pinned
    std::optional<policy::InnerProtocol> pinned{};

    void add(const Seen& more);
};

// What was seen of one host. An allow has to name internal addresses, hence they are kept.
struct SeenHost {
    std::map<std::uint16_t, std::map<Who, Seen>> ports;
    std::set<protocols::Address> internal;
    bool is_public = false;
};

// Where people went.
struct Places {
    std::map<std::string, SeenHost> names;
    std::map<protocols::Address, SeenHost> literals;
    bool empty() const { return names.empty() && literals.empty(); }
};

// Everything that was seen.
struct Observations {
    Places tunnels;
    Places udp;  // destinations of UDP associations
    Time first = Time::max();
    Time last = Time::min();
    std::uint64_t taken = 0;
    std::uint64_t without_request = 0;
    std::uint64_t denied = 0;
    std::uint64_t cut_off = 0;     // carried something else than their rule pins
    std::uint64_t unanswered = 0;  // neither allowed nor denied: the name had no address
    std::uint64_t nameless = 0;    // whom no rule can name
    std::uint64_t untold = 0;      // destinations of UDP associations that were only counted

    void add(const AccessLine& line, const SuggestOptions& options);

private:
    void add_request(const AccessLine& line, const SuggestOptions& options);
};

// One rule on its way. Everyone in `who` was seen at every host with every port.
struct SuggestedRule {
    std::vector<Who> who;            // users only, clients only, or uids only
    std::set<std::string> hosts;     // entries of `hosts`; of `networks` when `literal`
    std::set<std::string> networks;  // for hosts: empty when all their addresses are public
    std::set<std::uint16_t> ports;
    std::map<std::string, std::uint64_t> counts;  // tunnels, by host
    bool literal = false;
    std::optional<policy::InnerProtocol> inner;  // all of these were pinned to it, and are again
};

// Rules for names first; the order within does not matter to what is allowed.
std::vector<SuggestedRule> suggest(const Places& seen, const SuggestOptions& options);

// A whole configuration with comments, in the form that `adit check` passes. The same observations
// in any order give the same text.
std::string to_text(const Observations& seen, const SuggestOptions& options);

}  // namespace adit::review
