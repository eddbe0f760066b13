// What can be wrong with bytes from a peer: one name for each mistake, and its words for people.
#pragma once

#include <cstdint>
#include <string_view>

namespace adit::protocols {

enum class Fault : std::uint8_t {
    none,
    // any protocol
    too_slow,           // the handshake deadline passed
    protocol_not_open,  // the listener does not offer this protocol
    unknown_protocol,   // the first byte belongs to none
    // host, port and authority
    bad_host,       // not a host name and not an address literal in its one canonical spelling
    bad_port,       // not 1..65535 in plain digits
    bad_authority,  // not host ":" port (RFC 9110 §9.3.6, RFC 3986 §3.2)
    // HTTP
    bad_request_line,
    bad_version,     // HTTP, but neither 1.0 nor 1.1
    unknown_method,  // HTTP, but not CONNECT
    bad_field,       // a field line RFC 9112 §5 does not allow
    host_missing,    // HTTP/1.1 without Host (RFC 9112 §3.2)
    host_repeated,
    body_not_allowed,  // CONNECT with a body
    request_line_too_long,
    head_too_large,
    bad_credentials_field,  // Proxy-Authorization that is repeated or not well-formed
    bad_status_line,        // of a proxy's answer to us
    answer_too_large,
    // SOCKS
    bad_version_byte,
    bad_greeting,         // no method offered that is spoken here
    method_not_offered,   // a proxy chose a login that we did not offer
    bad_sub_negotiation,  // RFC 1929 with a version other than 1
    bad_reserved_byte,
    bad_address_type,
    bad_command,
    user_id_too_long,
    name_too_long,
};

// A short phrase, lower case, without a full stop: "the port is not a number from 1 to 65535".
std::string_view words(Fault fault);

}  // namespace adit::protocols
