// HTTP's column of the table of endings: a refusal as a complete response that explains itself. It
// never repeats a byte of the request.
#pragma once

#include "protocols/ending.hpp"
#include "protocols/handshake.hpp"

namespace adit::protocols {

// Status line, text/plain body, Content-Length, Connection: close and Proxy-Status (RFC 9209) with
// the request id and, if it is to be told, the rule. For every ending but `established`.
Reply http_refusal(const Answer& answer);

}  // namespace adit::protocols
