// Listening sockets: bound by the server before anything is promised, accepted from by every
// worker.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "policy/configuration.hpp"
#include "protocols/result.hpp"
#include "src/control/socket_file.hpp"
#include "src/platform/descriptor.hpp"

namespace adit::gateway {

using platform::Descriptor;

// One configured listener, with sockets of its own for each worker.
struct BoundListener {
    // As bound: a configured port 0 has become a real one. None for a unix socket.
    std::vector<protocols::Endpoint> endpoints;
    std::vector<std::vector<Descriptor>> sockets;  // [worker]: mostly one
    std::shared_ptr<control::SocketFile> file;     // of a unix socket; removed with its last owner
};

// Where a listener is, for people: `*:1080` for both families, not the address that stands for them.
std::string place(const policy::Listener& listener,
                  const std::vector<protocols::Endpoint>& endpoints);

// For a listener with an endpoint: one SO_REUSEPORT socket for each worker, and the kernel spreads
// the connections. Binds first without SO_REUSEPORT, so that a port somebody else listens on (another Adit, too) is
// an error in words. `beside_own`: this process itself listens on that port at an address that
// contains this one, or lies in it, so that first try would fail.
Result<BoundListener, std::string> bind_listener(const policy::Listener& listener,
                                                 std::size_t workers, bool beside_own = false);

}  // namespace adit::gateway
