// The request line with which plain HTTP begins (RFC 9112 §3, RFC 9113 §3.4): enough to tell that a
// tunnel carries HTTP. http_head.hpp reads a request; this only recognises one.
#pragma once

#include <variant>

#include "protocols/bytes.hpp"
#include "protocols/step.hpp"

namespace adit::protocols {

// Reads one request line of HTTP/1.0 or 1.1, or the line that HTTP/2 without TLS begins with. `in`
// may end anywhere. Malformed with Fault::not_http when it does not begin with a method in capitals,
// or with CONNECT: what follows that is no HTTP any more. With another fault when it does but is no
// request line, or one of more than 8 KiB.
Step<std::monostate> read_http_opening(Bytes in);

}  // namespace adit::protocols
