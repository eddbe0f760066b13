// The TCP options that tunnels' sockets carry.
#pragma once

#include "src/loop/awaitable.hpp"

namespace adit {

// On a listening socket accepted sockets inherit both, which spares five calls a connection.

// Small messages go out at once.
void set_no_delay(int descriptor);

// A peer that has vanished is found out: after some minutes of silence, or of bytes that it does
// not acknowledge.
void set_keepalive(int descriptor);

// Each read of many bytes says how many it left behind (TCP_INQ, Linux 4.18): then nobody asks again
// to be told that there are none.
void tell_what_is_left(int descriptor);

}  // namespace adit
