// How a request can end, in one vocabulary. Each protocol file holds its own column of the table:
// SOCKS5 REP, SOCKS4 code, HTTP status, Proxy-Status error.
#pragma once

#include <cstdint>
#include <string_view>

#include "protocols/fault.hpp"
#include "protocols/target.hpp"

namespace adit::protocols {

enum class Ending : std::uint8_t {
    established,
    malformed,
    login_needed,
    login_failed,
    login_locked,         // too many failures before; the client is told login_failed
    not_allowed,          // refused by name or as a whole
    address_not_allowed,  // the name resolved (or the literal pointed) to an address that no rule
                          // allows
    name_unknown,
    name_timeout,
    refused,
    host_unreachable,
    network_unreachable,
    timed_out,
    bad_answer,  // a forwarded request, and no answer to it that could be passed on
    loop,        // a forwarded request that has been here before
    limit,
    internal,
};

// The word in records: "established", "name_unknown", ...
std::string_view word(Ending ending);

// What the client is told at last. The views are only read while the reply is written.
struct Answer {
    Ending ending = Ending::internal;
    Fault fault = Fault::none;    // says more about `malformed`
    Endpoint bound;               // established: the gateway's own address towards the destination
    std::string_view request_id;  // finds the record
    std::string_view
        rule;  // the deciding rule's name; empty when there is none, or when it is not to be told
};

}  // namespace adit::protocols
