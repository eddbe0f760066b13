// The TCP options every tunnel's sockets carry: no delay, and an end to peers that have vanished.
#pragma once

#include "src/gateway/awaitable.hpp"

namespace adit::gateway {

// On a listening socket: accepted sockets inherit all of it, which spares four calls a connection.
void set_tunnel_options(int descriptor);

}  // namespace adit::gateway
