// A listener's "udp" object, and what the protocols `udp` and `bind` need beside them.
#pragma once

#include "policy/configuration.hpp"
#include "policy/vocabulary.hpp"

namespace adit::policy {

// Without `udp` among the listener's protocols the object is a mistake.
UdpSettings read_udp(const Place& place, const Reader& reader, const ProtocolSet& protocols);

// UDP ASSOCIATE and BIND are commands of SOCKS5, so `place` must list that, too.
void check_socks5_commands(const Place& place, const Reader& reader, const ProtocolSet& protocols);

}  // namespace adit::policy
