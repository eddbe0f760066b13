// The access record: one JSON object a line for every request, denials and failures too. Its keys
// are fixed (`v` 1), so that a record can be judged again under another policy. What is absent is
// left out, never null.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/decision.hpp"
#include "policy/rule.hpp"
#include "protocols/target.hpp"
#include "src/observe/udp_traffic.hpp"

namespace adit::observe {

using std::chrono::milliseconds;

// One address that the name resolved to, and what the policy said of it.
struct Resolved {
    protocols::Address address;
    policy::Verdict verdict = policy::Verdict::deny;
    std::string rule;
};

// The answer if nothing observed; only where something does.
struct Would {
    std::string_view verdict;  // "allow", "deny", "unknown"
    std::string rule;
};

// Why a tunnel that stood was ended, when a changed policy ended it.
struct Cause {
    std::string_view event;  // "reload", "expiry"
    std::string policy;      // short hash of the configuration that no longer allows it
    std::string_view reason;
    std::string rule;
};

// What the rule pins, and what the client showed of it.
struct Inner {
    std::string_view pinned;  // "tls", "ssh", "http"
    std::string server_name;  // that a TLS client named
    std::string_view why;     // when it is not what was pinned: what is wrong, in words
};

// What few records hold is kept apart: a record lives as long as its tunnel.
struct Record {
    std::chrono::system_clock::time_point time;  // of the accept
    std::string id;
    std::string listener;
    std::string_view protocol;
    std::string_view tls;  // "1.2", "1.3"; empty: the client spoke plain text
    std::optional<protocols::Endpoint> client;
    std::optional<protocols::Endpoint> via;  // the proxy in front that told us of the client
    std::optional<std::uint32_t> uid;        // of a client that came through a unix socket
    std::string user;
    std::optional<std::chrono::sys_seconds> token_expires;  // of the token that logged in
    std::optional<protocols::Target> target;
    std::string policy;  // short hash of the configuration

    std::vector<Resolved> resolved;              // at most 16
    std::optional<protocols::Endpoint> address;  // dialled
    std::optional<protocols::Endpoint> local;    // the gateway's end towards the destination

    std::optional<policy::Verdict> verdict;
    std::string rule;
    std::string_view reason;
    std::string near;
    std::unique_ptr<const Would> would;
    std::unique_ptr<const policy::Life> life;  // of `rule`, if that is asked for

    std::unique_ptr<const Inner> inner;

    std::string_view ending;
    std::string_view closed_by;
    std::unique_ptr<const Cause> cause;     // of "policy_changed"
    std::unique_ptr<const UdpTraffic> udp;  // of a UDP association that stood
    std::uint64_t up = 0;                   // bytes, client to destination
    std::uint64_t down = 0;                 // bytes, destination to client

    struct Times {
        std::optional<milliseconds> handshake;   // accept to the complete request
        std::optional<milliseconds> dns;         // first question to last answer
        std::optional<milliseconds> connect;     // first attempt to the tunnel
        std::optional<milliseconds> first_byte;  // tunnel to the destination's first byte
        milliseconds total{0};
    } ms;
};

// The client's address and port, or "unix".
std::string client_text(const Record& record);

// One line with its line feed. Text from the network is escaped; bytes that are no UTF-8 become
// U+FFFD.
std::string to_json_line(const Record& record);

}  // namespace adit::observe
