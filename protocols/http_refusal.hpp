// HTTP's column of the table of endings: a refusal as a complete response that explains itself. It
// never repeats a byte of the request.
#pragma once

#include "protocols/accept.hpp"
#include "protocols/ending.hpp"
#include "protocols/handshake.hpp"
#include "protocols/http_offer.hpp"

namespace adit::protocols {

// What the request has to say about how it is refused.
struct RefusalManner {
    bool keeps_connection = false;  // otherwise it says Connection: close
    bool is_head = false;           // the request's method is HEAD: the fields, but no body
    HttpOffer offer = {};           // of the listener: what it advises, and Allow
};

// Status line, body, Content-Length, Connection: close and Proxy-Status (RFC 9209). The body, in
// text or JSON, and Proxy-Status tell the request id and, unless it is kept from clients, the rule.
// For every ending but `established`.
Reply http_refusal(const Answer& answer, BodyForm form = BodyForm::text, RefusalManner manner = {});

}  // namespace adit::protocols
