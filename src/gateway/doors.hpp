// Opens a configured listener, whatever kind it is: an address and port, a unix socket, or sockets
// that the service manager has opened.
#pragma once

#include "src/control/socket_file.hpp"
#include "src/gateway/listener.hpp"
#include "src/platform/inherited_sockets.hpp"

namespace adit::gateway {

using Inherited = std::vector<platform::InheritedSocket>;

// Nothing is accepted yet. `beside_own` as for bind_listener(). The failure is a sentence.
Result<BoundListener, std::string> open_listener(const policy::Listener& listener,
                                                 std::size_t workers, bool beside_own,
                                                 const Inherited& inherited);

// Who may connect to the listener's unix socket, now that its group has been looked up.
Result<control::Access, std::string> access_to(const policy::UnixSocket& socket);

// Whether an address that `wanted` takes is one that the listener `open`, bound to `endpoints`, takes
// as well: the same port of the same address, or one of them stands for all addresses. Linux lets
// sockets of one user that share ports be bound to both, and gives a connection to the one whose
// address is its very own.
bool overlaps(const policy::Listener& open, const std::vector<protocols::Endpoint>& endpoints,
              const policy::Listener& wanted);

// Whether both are the same place, so that the sockets of one serve the other: then a reload leaves
// them alone. A configured port 0 has no fixed place: there the name tells.
bool is_same_place(const policy::Listener& one, const policy::Listener& other);

}  // namespace adit::gateway
