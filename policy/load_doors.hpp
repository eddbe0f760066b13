// What is special about a listener that is no plain TCP port for handshakes: the file of a unix
// socket, a proxy in front that names its clients, a fixed forward.
#pragma once

#include "policy/load_rules.hpp"

namespace adit::policy {

// The keys that these read.
inline constexpr Key unix_key{"unix"};
inline constexpr Key proxy_protocol_key{"proxy_protocol"};
inline constexpr Key forward_key{"forward"};

// `unix`, `proxy_protocol` and `forward` of a listener whose address has been read.
void read_doors(const Fields& fields, const Reader& reader, Sets& sets, Listener& listener);

// A rule's `uids`: numbers, or names that `user_number` knows on this machine.
std::set<std::uint32_t> read_uids(const Place& place, const Reader& reader,
                                  const Vocabulary& names);

}  // namespace adit::policy
