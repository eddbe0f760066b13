// Reads one access record (docs/records.md) back into values, so that it can be judged again.
// Keys that later versions add are passed over. Knows nothing of files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/decision.hpp"
#include "policy/inner.hpp"
#include "protocols/result.hpp"
#include "protocols/target.hpp"
#include "protocols/tunnel_request.hpp"
#include "src/review/time_text.hpp"

namespace adit::review {

// One address that was judged.
struct JudgedAddress {
    protocols::Address address;
    policy::Verdict verdict = policy::Verdict::deny;
    std::string rule;
    bool operator==(const JudgedAddress&) const = default;
};

// One destination of a UDP association, with an answer of its own.
struct JudgedDestination {
    protocols::Target target{protocols::Address{}, 0};
    std::optional<protocols::Address> address;  // to which datagrams went last
    std::optional<policy::Verdict> verdict;     // empty: the name had no address
    std::string rule;
    std::string reason;
};

struct AccessLine {
    Time time;
    std::string id;
    std::string listener;
    std::optional<protocols::Protocol> protocol;  // empty: the record says `unknown`, or nothing
    std::optional<protocols::Address> client;     // empty: a unix-socket client
    std::optional<std::uint32_t> uid;             // of a unix-socket client
    std::string user;
    std::optional<protocols::Target> target;  // empty: there never was a complete request
    std::string policy;
    std::vector<JudgedAddress> resolved;
    std::optional<protocols::Address> address;  // the one that was connected
    std::optional<policy::Verdict> verdict;     // empty: none was written
    std::string rule;
    std::string reason;
    std::string near;
    // To what the gateway held the tunnel, see tells_pin().
    std::optional<policy::InnerProtocol> pinned;
    std::string ending;
    std::vector<JudgedDestination> destinations;  // of a UDP association, which has no target
    std::uint64_t other_destinations = 0;         // more of them, of which nothing else is known
};

// Calls `each` with every request of which the record tells: itself, or each destination of a UDP
// association as a request of its own. Gives how many there were; 0: there never was a complete one.
std::size_t for_each_request(const AccessLine& line,
                             const std::function<void(const AccessLine&)>& each);

// Whether an empty `pinned` means that nothing was. Of a tunnel that never stood, say because the
// destination refused it, the record does not tell whether its rule pins something.
bool tells_pin(const AccessLine& line);

// "connect", "socks5", ...: the words of records and of the configuration.
std::optional<protocols::Protocol> parse_protocol(std::string_view text);

// Why a token was refused what its user may have had, by the words of records; empty for any other
// reason. It hangs on the token, so no rule changes it.
std::optional<policy::Reason> parse_token_refusal(std::string_view text);

// `line` is without its line feed. The failure is a sentence that says why it is no record of ours.
Result<AccessLine, std::string> read_access_line(std::string_view line);

}  // namespace adit::review
