#include "protocols/fault.hpp"

namespace adit::protocols {

std::string_view words(Fault fault)
{
    switch (fault) {
        case Fault::none:
            return "nothing is wrong";
        case Fault::too_slow:
            return "the request was not complete in time";
        case Fault::protocol_not_open:
            return "this listener does not offer the protocol";
        case Fault::tls_required:
            return "this listener speaks TLS only";
        case Fault::unknown_protocol:
            return "the first byte belongs to no protocol spoken here";
        case Fault::no_proxy_header:
            return "the PROXY header that this source must send is missing";
        case Fault::bad_proxy_header:
            return "the PROXY header is not well-formed";
        case Fault::bad_host:
            return "the host is neither a host name nor an address in its plain spelling";
        case Fault::bad_port:
            return "the port is not a number from 1 to 65535";
        case Fault::bad_authority:
            return "the target is not a host and a port with one colon between them";
        case Fault::bad_request_line:
            return "the first line is not an HTTP request line";
        case Fault::bad_version:
            return "the HTTP version is neither 1.0 nor 1.1";
        case Fault::unknown_method:
            return "the method is not CONNECT";
        case Fault::bad_target_form:
            return "the target is neither host:port of a CONNECT nor an http:// address";
        case Fault::scheme_not_forwarded:
            return "only http:// is forwarded";
        case Fault::not_a_web_server:
            return "this is a proxy, and no web server";
        case Fault::no_such_page:
            return "this is a proxy, and has no such page";
        case Fault::page_method:
            return "this is a proxy, and its own pages can only be read";
        case Fault::bad_field:
            return "a header line is not well-formed";
        case Fault::host_missing:
            return "the Host field is missing";
        case Fault::host_repeated:
            return "the Host field is there more than once";
        case Fault::body_not_allowed:
            return "a CONNECT request has no body";
        case Fault::bad_framing:
            return "the length of the body can be read in more than one way";
        case Fault::bad_chunk:
            return "a chunk of the body is not well-formed";
        case Fault::bad_expectation:
            return "the Expect field asks for something other than 100-continue";
        case Fault::bad_max_forwards:
            return "the Max-Forwards field is repeated or no number";
        case Fault::trace_ends_here:
            return "a TRACE is forwarded, but not answered by this gateway itself";
        case Fault::request_line_too_long:
            return "the request line is longer than 8 KiB";
        case Fault::head_too_large:
            return "the head of the request is larger than 32 KiB or has more than 100 fields";
        case Fault::bad_credentials_field:
            return "the Proxy-Authorization field is repeated or not well-formed";
        case Fault::bad_status_line:
            return "the first line of the answer is not an HTTP status line";
        case Fault::answer_too_large:
            return "the head of the answer is larger than 32 KiB or has more than 100 fields";
        case Fault::bad_answer:
            return "the answer of the destination is not well-formed";
        case Fault::unasked_answer:
            return "the destination answered what nobody asked for";
        case Fault::no_answer:
            return "the destination closed the connection without an answer";
        case Fault::answer_incomplete:
            return "the destination closed the connection before its answer was complete";
        case Fault::not_tls:
            return "the tunnel does not begin with a TLS handshake";
        case Fault::bad_tls_record:
            return "a TLS record is not well-formed";
        case Fault::bad_client_hello:
            return "the TLS ClientHello is not well-formed";
        case Fault::bad_server_name:
            return "the server name of the TLS ClientHello is not a host name";
        case Fault::client_hello_too_long:
            return "the TLS ClientHello is longer than 16 KiB";
        case Fault::not_ssh:
            return "the tunnel does not begin with the line of an SSH 2.0 client";
        case Fault::bad_ssh_identification:
            return "the first line of the SSH client is not well-formed";
        case Fault::not_http:
            return "the tunnel does not begin with an HTTP request";
        case Fault::bad_version_byte:
            return "the SOCKS version byte is wrong";
        case Fault::bad_greeting:
            return "no SOCKS login method spoken here was offered";
        case Fault::method_not_offered:
            return "the SOCKS login method chosen was not offered";
        case Fault::bad_sub_negotiation:
            return "the version of the user name and password message is not 1";
        case Fault::bad_reserved_byte:
            return "the reserved byte is not zero";
        case Fault::bad_address_type:
            return "the SOCKS address type is unknown";
        case Fault::bad_command:
            return "the SOCKS command is not one that is spoken here";
        case Fault::user_id_too_long:
            return "the SOCKS4 user id is longer than 255 bytes";
        case Fault::name_too_long:
            return "the SOCKS4 host name is longer than 255 bytes";
        case Fault::fragment:
            return "the datagram is a fragment of a larger one";
        case Fault::cut_short:
            return "the datagram ends before its header does";
    }
    return "unknown";
}

}  // namespace adit::protocols
