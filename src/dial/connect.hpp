// One connect(2) that does not wait, and what its failure means.
#pragma once

#include "protocols/ending.hpp"
#include "src/loop/awaitable.hpp"

namespace adit::dial {

// Opens `socket`, non-blocking and closed on exec, and sends it off. Returns 0 when it is connected
// already, EINPROGRESS when it will be writable once it is known, or the errno of the failure.
int begin_connect(Socket& socket, const tcp::endpoint& to);

// Once the socket is writable: 0 when it is connected, otherwise the errno of the failure.
int pending_error(Socket& socket);

// Whether descriptors or memory were wanting: others have to end first.
bool is_shortage(int error);

// The word for a connect(2) that failed with this errno.
protocols::Ending ending_of(int error);

// Of several failures, the one that says most about the destination is told.
bool says_more(protocols::Ending one, protocols::Ending other);

}  // namespace adit::dial
