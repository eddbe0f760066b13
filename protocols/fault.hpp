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
    tls_required,       // the listener wants TLS around it
    unknown_protocol,   // the first byte belongs to none
    no_proxy_header,    // a listed proxy did not begin with one
    bad_proxy_header,   // not well-formed, or not about TCP over IPv4 or IPv6
    // host, port and authority
    bad_host,       // not a host name and not an address literal in its one canonical spelling
    bad_port,       // not 1..65535 in plain digits
    bad_authority,  // not host ":" port (RFC 9110 §9.3.6, RFC 3986 §3.2)
    // HTTP
    bad_request_line,
    bad_version,           // HTTP, but neither 1.0 nor 1.1
    unknown_method,        // HTTP, but not CONNECT, where nothing else is offered
    bad_target_form,       // neither CONNECT with an authority nor an absolute-form
    scheme_not_forwarded,  // absolute-form with a scheme other than http
    not_a_web_server,      // a request for the gateway itself, which gives no help
    no_such_page,          // a request for the gateway itself, for a page that it does not have
    page_method,           // the same with a method other than GET and HEAD
    bad_field,             // a field line RFC 9112 §5 does not allow
    host_missing,          // HTTP/1.1 without Host (RFC 9112 §3.2)
    host_repeated,
    body_not_allowed,  // CONNECT with a body
    bad_framing,       // the length of the body can be read in two ways (RFC 9112 §6)
    bad_chunk,         // RFC 9112 §7.1
    bad_expectation,   // Expect with anything but 100-continue
    bad_max_forwards,  // repeated, or not digits, in a TRACE or OPTIONS
    trace_ends_here,   // TRACE whose Max-Forwards lets it go no further
    request_line_too_long,
    head_too_large,
    bad_credentials_field,  // Proxy-Authorization that is repeated or not well-formed
    // an answer: to a request that was forwarded, or of a proxy that we ask ourselves
    bad_status_line,
    answer_too_large,
    bad_answer,         // its head, its length or its body is not well-formed
    unasked_answer,     // a change of protocol that nobody asked for, or a 407
    no_answer,          // the connection ended without one
    answer_incomplete,  // the connection ended within it
    // what a client says first inside its tunnel
    not_tls,                 // not the first bytes of a TLS handshake
    bad_tls_record,          // RFC 8446 §5.1
    bad_client_hello,        // RFC 8446 §4.1.2
    bad_server_name,         // RFC 6066 §3
    client_hello_too_long,   // more than 16 KiB
    not_ssh,                 // not "SSH-2.0-"
    bad_ssh_identification,  // RFC 4253 §4.2
    not_http,                // not a method that HTTP uses
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
    // a datagram of a UDP association
    fragment,
    cut_short,
};

// A short phrase, lower case, without a full stop: "the port is not a number from 1 to 65535".
std::string_view words(Fault fault);

}  // namespace adit::protocols
