// The keys of an access record that a review reads, where in a record each of them stands, and how a
// client is written.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "protocols/target.hpp"

namespace adit::review {

enum class Key : std::uint8_t {
    v,
    time,
    id,
    listener,
    protocol,
    client,
    uid,
    user,
    host,
    port,
    policy,
    resolved,
    address,
    verdict,
    rule,
    reason,
    near,
    ending,
    udp,
    destinations,
    others,
    inner,
    pinned,
    other,
};

Key key_of(std::string_view name);  // `other` when it is none of these
std::string_view name_of(Key key);  // empty for `other`

// Where in the line the reader stands: the members of the record, a list or an object in it, or, when
// something is ignored, what is none of our business.
enum class In : std::uint8_t {
    nothing,
    record,
    resolved,
    resolved_item,
    udp,
    destinations,
    destination,
    others,
    inner
};

// What is known by this name in one place may be new in another.
bool belongs(Key key, In in);

// "10.2.0.9:40000", "[2001:db8::9]:40000": the address alone. A port of 0 is none, so this is not
// parse_authority.
std::optional<protocols::Address> address_of_endpoint(std::string_view text);

}  // namespace adit::review
