// A plain HTTP request on its way through a proxy, and the answer on its way back (RFC 9110 §7.6,
// RFC 9112 §3.2.2). What arrives is parsed, judged and thrown away; what leaves is written anew from
// the values here, never copied through.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/fault.hpp"
#include "protocols/http_framing.hpp"
#include "protocols/http_head.hpp"
#include "protocols/result.hpp"
#include "protocols/target.hpp"

namespace adit::protocols {

// Where an absolute-form target points, and what is asked for there.
struct AbsoluteForm {
    Target target;
    std::string path;  // origin-form, or "*" for OPTIONS
};

// Whether a request-target has a scheme and "://", whatever scheme that is.
bool is_absolute_form(std::string_view target);

// http://host[:port][/path][?query]. Faults: scheme_not_forwarded; bad_authority, bad_host and
// bad_port as for CONNECT (no user information, no empty port); bad_request_line for a fragment.
Result<AbsoluteForm, Fault> parse_absolute_form(std::string_view target, std::string_view method);

struct ForwardRequest {
    HttpHead head;
    Target target;
    std::string path;
    Framing framing;
    bool keeps_connection = false;  // the client may send another request on its connection
    bool upgrades = false;          // asks for a WebSocket (RFC 6455 §4.1)
    // Of a TRACE or OPTIONS (RFC 9110 §7.6.2), with a bound: how many more may forward it, this
    // gateway among them. Other methods may keep such a field as it is.
    std::optional<std::uint32_t> max_forwards = {};
    bool tells_client = false;  // X-Forwarded-For names the client
};

// Checks everything but the login. Host must be there once in HTTP/1.1, and counts for nothing
// (RFC 9112 §3.2.2).
Result<ForwardRequest, Fault> parse_forward_request(HttpHead head);

// Whether this gateway, by its pseudonym, has forwarded the request before.
bool has_passed(const HttpHead& head, std::string_view pseudonym);

// Whether it may be sent a second time when nothing of an answer has been seen: by RFC 9110 §9.2.2,
// and because nothing of a body is gone.
bool may_be_repeated(const ForwardRequest& request);

// Whether the credentials are the connection's rather than the request's (NTLM, Negotiate): then the
// connection must never serve anybody else.
bool logs_in_connection(const HttpFields& fields, std::string_view name);

// The request's head as the destination gets it: always HTTP/1.1, Host from the target, Via with
// the pseudonym, Max-Forwards one less; without what belongs to the client's hop, the proxy's
// credentials included. Not for a request that may be forwarded no more. Where the request tells its
// client, that is put at the end of X-Forwarded-For: `client`, an address without brackets or port,
// or "unknown" if that is empty; else the field goes on as it came.
std::string write_request_head(const ForwardRequest& request, std::string_view pseudonym,
                               std::string_view client = {});

// How the answer to `request` goes to the client: in chunks when its length is not known, or until
// the connection closes for a client of HTTP/1.0.
Framing::Kind delivery_of(const Framing& framing, const ForwardRequest& request);

// Whether the destination's connection may serve another request after this answer.
bool keeps_connection(const HttpResponseHead& answer, const Framing& framing);

// The answer's head as the client gets it, with `Connection: close` when that follows. For a final
// answer and for an interim one (1xx), which has no body and says nothing of the connection.
std::string write_answer_head(const HttpResponseHead& answer, const Framing& framing,
                              Framing::Kind delivery, bool keeps, std::string_view pseudonym);
std::string write_interim_head(const HttpResponseHead& answer, std::string_view pseudonym);

// Whether a 101 is the WebSocket that was asked for; then this is its head for the client.
bool accepts_upgrade(const HttpResponseHead& answer, const ForwardRequest& request);
std::string write_upgrade_head(const HttpResponseHead& answer, std::string_view pseudonym);

}  // namespace adit::protocols
