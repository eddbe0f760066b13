#include "protocols/http_refusal.hpp"

#include <string>
#include <string_view>

namespace adit::protocols {
namespace {

struct Refusal {
    std::string_view status;
    std::string_view error;   // RFC 9209 §2.3
    std::string_view what;    // a sentence for people
    std::string_view advice;  // and what they can do
    std::string field = {};   // of this status alone, with its CRLF
};

constexpr std::string_view request_error = "http_request_error";
constexpr std::string_view use_tunnel =
    "This is a proxy for tunnels: set it as the proxy of your client and ask for https://, or let "
    "the client tunnel (curl --proxytunnel).";
constexpr std::string_view use_as_proxy =
    "Set it as the proxy of your client; it is no address to open.";
constexpr std::string_view check_destination =
    "The fault is the destination's; try again, or tell whoever runs it.";
constexpr std::string_view use_tls = "Write the address of this proxy with https://.";
constexpr std::string_view check_login = "Check the user name and password for this proxy.";
constexpr std::string_view ask_operator =
    "If you need it, show these lines to whoever runs this gateway.";
constexpr std::string_view check_target = "Check the host and the port, or try again later.";
constexpr std::string_view try_later = "Try again later.";

std::string_view check_client(const HttpOffer& offer)
{
    if (!offer.forward)
        return "A request to this proxy begins with CONNECT host:port HTTP/1.1; check the client.";
    if (!offer.connect)
        return "A request to this proxy begins with GET http://host/ HTTP/1.1; check the client.";
    return "A request to this proxy begins with CONNECT host:port HTTP/1.1 or GET http://host/ "
           "HTTP/1.1; check the client.";
}

std::string_view instead_of_forwarding(const HttpOffer& offer)
{
    if (!offer.connect)
        return "This proxy takes http:// alone; ask for https:// and everything else elsewhere.";
    return "Ask for https:// and everything else by CONNECT, as clients do by themselves when this "
           "is their https proxy.";
}

std::string allow_field(const std::string& methods)
{
    return "Allow: " + methods + "\r\n";
}

Refusal bad_request(Fault fault, const HttpOffer& offer)
{
    switch (fault) {
        case Fault::too_slow:
            return {"408 Request Timeout", request_error, words(fault), try_later};
        case Fault::unknown_method:
            return {"405 Method Not Allowed", request_error, words(fault), use_tunnel,
                    allow_field(allowed_methods(offer))};
        case Fault::bad_target_form:
        case Fault::trace_ends_here:
            return {"405 Method Not Allowed", request_error, words(fault), check_client(offer),
                    allow_field(allowed_methods(offer))};
        case Fault::scheme_not_forwarded:
            return {"501 Not Implemented", request_error, words(fault),
                    instead_of_forwarding(offer)};
        case Fault::not_a_web_server:
            return {"400 Bad Request", request_error, words(fault), use_as_proxy};
        case Fault::no_such_page:
            return {"404 Not Found", request_error, words(fault), use_as_proxy};
        case Fault::page_method:
            return {"405 Method Not Allowed", request_error, words(fault), use_as_proxy,
                    allow_field("GET, HEAD")};
        case Fault::bad_expectation:
            return {"417 Expectation Failed", request_error, words(fault), check_client(offer)};
        case Fault::bad_version:
            return {"505 HTTP Version Not Supported", request_error, words(fault),
                    check_client(offer)};
        case Fault::request_line_too_long:
            return {"414 URI Too Long", request_error, words(fault), "Send a shorter request."};
        case Fault::head_too_large:
            return {"431 Request Header Fields Too Large", request_error, words(fault),
                    "Send a shorter request."};
        case Fault::bad_credentials_field:
            return {"400 Bad Request", request_error, words(fault), check_login};
        case Fault::none:
            return {"400 Bad Request", request_error, "the request is not well-formed",
                    check_client(offer)};
        default:
            return {"400 Bad Request", request_error, words(fault), check_client(offer)};
    }
}

Refusal login_refusal(std::string_view what, std::string_view advice)
{
    return {"407 Proxy Authentication Required", "http_request_denied", what, advice,
            "Proxy-Authenticate: Basic realm=\"adit\", charset=\"UTF-8\"\r\n"};
}

Refusal unreachable(std::string_view what)
{
    return {"502 Bad Gateway", "destination_ip_unroutable", what, check_target};
}

// RFC 9209 §2.3 has a word for each.
Refusal bad_answer(Fault fault)
{
    if (fault == Fault::no_answer)
        return {"502 Bad Gateway", "connection_terminated", words(fault), check_destination};
    if (fault == Fault::answer_incomplete)
        return {"502 Bad Gateway", "http_response_incomplete", words(fault), check_destination};
    return {"502 Bad Gateway", "http_protocol_error",
            words(fault == Fault::none ? Fault::bad_answer : fault), check_destination};
}

Refusal refusal_of(const Answer& answer, const HttpOffer& offer)
{
    switch (answer.ending) {
        case Ending::malformed:
            return bad_request(answer.fault, offer);
        case Ending::login_needed:
            return login_refusal("a user name and a password are needed",
                                 "Give your client the user name and password for this proxy.");
        case Ending::login_failed:
        case Ending::login_locked:  // the same words: nobody learns whether the password was right
            return login_refusal("the user name or the password is wrong", check_login);
        case Ending::not_allowed:
            if (answer.fault == Fault::tls_required)
                return {"403 Forbidden", "http_request_denied", words(answer.fault), use_tls};
            if (answer.fault == Fault::protocol_not_open)
                return {"403 Forbidden", "http_request_denied", words(answer.fault), ask_operator};
            return {"403 Forbidden", "http_request_denied",
                    "the policy of this gateway does not allow this request", ask_operator};
        case Ending::address_not_allowed:
            return {"403 Forbidden", "destination_ip_prohibited",
                    "the policy of this gateway does not allow the address of this host",
                    ask_operator};
        case Ending::name_unknown:
            return {"502 Bad Gateway", "dns_error", "the host name could not be resolved",
                    "Check the spelling of the host name."};
        case Ending::name_timeout:
            return {"504 Gateway Timeout", "dns_timeout", "the host name was not resolved in time",
                    try_later};
        case Ending::refused:
            return {"502 Bad Gateway", "connection_refused",
                    "the destination refused the connection",
                    "Check the port, and that the service is running."};
        case Ending::host_unreachable:
            return unreachable("the destination cannot be reached");
        case Ending::network_unreachable:
            return unreachable("there is no route to the network of the destination");
        case Ending::timed_out:
            return {"504 Gateway Timeout", "connection_timeout",
                    "the destination did not answer in time", check_target};
        case Ending::bad_answer:
            return bad_answer(answer.fault);
        case Ending::loop:
            return {"508 Loop Detected", "proxy_loop_detected",
                    "the request has been through this gateway before",
                    "Check the proxies that the request passes: two of them send it to each "
                    "other."};
        case Ending::limit:
            return {"503 Service Unavailable", "connection_limit_reached",
                    "a limit of this gateway is reached", try_later};
        case Ending::established:
        case Ending::internal:
            break;
    }
    return {"500 Internal Server Error", "proxy_internal_error",
            "this gateway failed to do its work",
            "Try again, and tell whoever runs this gateway if it stays so."};
}

bool is_control(char c)
{
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
}

// A string of RFC 8941 §3.3.3: printable ASCII alone, and a backslash before `"` and `\`.
std::string quoted(std::string_view text)
{
    std::string string{"\""};
    for (const char c : text) {
        if (c == '"' || c == '\\')
            string += '\\';
        string += c >= 0x20 && c < 0x7f ? c : '?';
    }
    return string + '"';
}

// One line of UTF-8, whatever is in the text.
std::string on_one_line(std::string_view text)
{
    std::string line{text};
    for (char& c : line)
        if (is_control(c))
            c = '?';
    return line;
}

std::string proxy_status(const Refusal& refusal, const Answer& answer)
{
    std::string field{"Proxy-Status: adit; error="};
    field += refusal.error;
    if (!answer.rule.empty())
        field += "; rule=" + quoted(answer.rule);
    if (!answer.request_id.empty())
        field += "; request-id=" + quoted(answer.request_id);
    return field + "\r\n";
}

// A string of RFC 8259 §7. Rule names are UTF-8 already: the loader reads nothing else.
std::string json_string(std::string_view text)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string string{"\""};
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            string.append({'\\', c});
        else if (is_control(c))
            string.append("\\u00").append({digits[byte >> 4U], digits[byte & 15U]});
        else
            string += c;
    }
    return string + '"';
}

std::string json_body(const Refusal& refusal, const Answer& answer)
{
    std::string json{"{\"refused\":"};
    json += json_string(refusal.what);
    json += ",\"error\":" + json_string(refusal.error);
    if (!answer.rule.empty())
        json += ",\"rule\":" + json_string(answer.rule);
    if (!answer.request_id.empty())
        json += ",\"request_id\":" + json_string(answer.request_id);
    return json + ",\"advice\":" + json_string(refusal.advice) + "}\n";
}

std::string text_body(const Refusal& refusal, const Answer& answer)
{
    std::string text{"Refused: "};
    text.append(refusal.what).append(".\n");
    if (!answer.rule.empty())
        text += "Rule: " + on_one_line(answer.rule) + "\n";
    if (!answer.request_id.empty())
        text += "Request: " + on_one_line(answer.request_id) + "\n";
    text.append(refusal.advice).append("\n");
    return text;
}

}  // namespace

Reply http_refusal(const Answer& answer, BodyForm form, RefusalManner manner)
{
    const auto refusal = refusal_of(answer, manner.offer);
    const bool json = form == BodyForm::json;
    const auto body = json ? json_body(refusal, answer) : text_body(refusal, answer);
    Reply reply{"HTTP/1.1 "};
    reply.append(refusal.status).append("\r\n");
    reply.append(refusal.field);
    reply += proxy_status(refusal, answer);
    reply +=
        json ? "Content-Type: application/json\r\n" : "Content-Type: text/plain; charset=utf-8\r\n";
    reply += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    reply += "Cache-Control: no-store\r\n";
    if (!manner.keeps_connection)
        reply += "Connection: close\r\n";  // RFC 9931 §3: a refused CONNECT ends its connection
    reply += "\r\n";
    return manner.is_head ? reply : reply + body;
}

}  // namespace adit::protocols
