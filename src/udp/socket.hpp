// A UDP socket that does not wait, and the address it is bound to.
#pragma once

#include <boost/asio/basic_datagram_socket.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/ip/v6_only.hpp>

#include "policy/ports.hpp"
#include "protocols/result.hpp"
#include "protocols/target.hpp"
#include "src/loop/awaitable.hpp"

namespace adit::udp {

using Socket = asio::basic_datagram_socket<asio::ip::udp, Executor>;

// Bound to `address`, at a free port of `ports` (0: any). An IPv6 socket takes IPv6 only. The errno
// when there is none: EADDRINUSE when the whole range is taken.
Result<Socket, int> open_at(asio::io_context& loop, const protocols::Address& address,
                            policy::PortRange ports = {});

// Where it is bound.
protocols::Endpoint place_of(const Socket& socket);

}  // namespace adit::udp
