#include "protocols/http_connect.hpp"

#include <string_view>
#include <utility>

#include "protocols/http_fields.hpp"
#include "protocols/http_refusal.hpp"

namespace adit::protocols {
namespace {

using boost::beast::http::field;

struct Nobody {};
using Claim = std::variant<Nobody, Credentials, Hangup>;  // who the client says it is

// Content-Length: 0 is what some clients always send. Any other length, or a second one, could be
// read in two ways (RFC 9112 §6).
bool announces_body(const HttpHead& head)
{
    const auto lengths = head.fields.count(field::content_length);
    return head.fields.count(field::transfer_encoding) > 0 || lengths > 1 ||
           (lengths == 1 && value_of(head.fields, "Content-Length") != "0");
}

// Host must be there once; where the tunnel goes is said by the request line alone (RFC 9112 §3.2).
Fault find_field_fault(const HttpHead& head)
{
    const auto hosts = head.fields.count(field::host);
    if (hosts > 1)
        return Fault::host_repeated;
    if (hosts == 0 && head.version == 11)
        return Fault::host_missing;
    return announces_body(head) ? Fault::body_not_allowed : Fault::none;
}

// RFC 9110 §11.4: auth-scheme 1*SP token68. A scheme that is not spoken here is answered with the one
// that is.
Claim read_claim(std::string_view value)
{
    const auto space = value.find(' ');
    if (!equals_ignoring_case(value.substr(0, space), "basic"))
        return Hangup{Ending::login_needed, Fault::none};
    const auto token = value.find_first_not_of(' ', space);
    if (space == std::string_view::npos || token == std::string_view::npos)
        return Hangup{Ending::malformed, Fault::bad_credentials_field};
    auto credentials = decode_basic(value.substr(token));
    if (!credentials)
        return Hangup{Ending::malformed, Fault::bad_credentials_field};
    return std::move(*credentials);
}

Claim who_asks(const HttpHead& head, Login login)
{
    if (login == Login::none)
        return Nobody{};
    const auto count = head.fields.count(field::proxy_authorization);
    if (count > 1)
        return Hangup{Ending::malformed, Fault::bad_credentials_field};
    if (count == 0) {
        if (login == Login::required)
            return Hangup{Ending::login_needed, Fault::none};
        return Nobody{};
    }
    auto claim = read_claim(value_of(head.fields, "Proxy-Authorization"));
    const auto* credentials = std::get_if<Credentials>(&claim);
    if (credentials == nullptr || !credentials->user.empty())
        return claim;
    if (login == Login::required)
        return Hangup{Ending::login_failed, Fault::none};
    return Nobody{};
}

// What is wrong with a request that is neither for a tunnel nor for a destination nor for a page.
Fault misses(const HttpHead& head, const HttpOffer& offer)
{
    if (!offer.forward)
        return Fault::unknown_method;
    return head.target[0] == '/' ? Fault::not_a_web_server : Fault::bad_target_form;
}

Wants hang_up(Ending ending, Fault fault, std::size_t consumed)
{
    return {Hangup{ending, fault}, consumed, {}};
}

}  // namespace

Wants HttpHandshake::advance(Bytes input)
{
    if (complete_)
        return {};  // what follows is a tunnel's or a body
    auto step = reader_.read(input);
    if (const auto* malformed = std::get_if<Malformed>(&step))
        return hang_up(Ending::malformed, malformed->fault, 0);
    if (auto* done = std::get_if<Done<HttpHead>>(&step))
        return ask(std::move(done->value), done->consumed);
    return {};
}

// The method and the form of the target say together what is asked (RFC 9112 §3.2).
Wants HttpHandshake::ask(HttpHead head, std::size_t consumed)
{
    complete_ = true;
    form_ = preferred_form(joined_values(head.fields, "Accept"));
    is_head_ = head.method == "HEAD";
    if (head.method == "CONNECT")
        return ask_tunnel(head, consumed);
    if (is_absolute_form(head.target)) {
        if (!offer_.forward)
            return hang_up(Ending::malformed, Fault::unknown_method, consumed);
        protocol_ = Protocol::http;
        return ask_forward(std::move(head), consumed);
    }
    if (head.target[0] != '/' || !offer_.help)
        return hang_up(Ending::malformed, misses(head, offer_), consumed);
    protocol_ = Protocol::http;
    return ask_page(head, consumed);
}

// The request is checked before the login, and the login before anything else is done.
Wants HttpHandshake::ask_tunnel(const HttpHead& head, std::size_t consumed)
{
    if (!offer_.connect)
        return hang_up(Ending::not_allowed, Fault::protocol_not_open, consumed);
    const auto target = parse_authority(head.target);
    if (!target)
        return hang_up(Ending::malformed, target.error(), consumed);
    const auto fault = find_field_fault(head);
    if (fault != Fault::none)
        return hang_up(Ending::malformed, fault, consumed);
    asked_ = TunnelRequest{Protocol::connect, *target};
    return log_in(head, consumed);
}

Wants HttpHandshake::ask_forward(HttpHead head, std::size_t consumed)
{
    auto request = parse_forward_request(std::move(head));
    if (!request)
        return hang_up(Ending::malformed, request.error(), consumed);
    request->tells_client = offer_.forwarded_for;
    keeps_connection_ = request->keeps_connection && !request->framing.has_body();
    asked_ = std::move(*request);
    return log_in(std::get<ForwardRequest>(asked_).head, consumed);
}

// What anybody may read, without a login: it tells nothing of the policy.
Wants HttpHandshake::ask_page(const HttpHead& head, std::size_t consumed) const
{
    const auto page = help_page(head, offer_);
    if (!page)
        return hang_up(Ending::malformed, page.error(), consumed);
    return {Help{*page}, consumed, {}};
}

Wants HttpHandshake::log_in(const HttpHead& head, std::size_t consumed)
{
    auto claim = who_asks(head, login_);
    if (const auto* hangup = std::get_if<Hangup>(&claim)) {
        if (hangup->ending == Ending::malformed)
            keeps_connection_ = false;
        asked_ = {};
        return {*hangup, consumed, {}};
    }
    if (auto* credentials = std::get_if<Credentials>(&claim))
        return {Verify{std::move(*credentials)}, consumed, {}};
    auto wants = asked();
    wants.consumed = consumed;
    return wants;
}

Wants HttpHandshake::asked()
{
    auto request = std::exchange(asked_, {});
    if (auto* tunnel = std::get_if<TunnelRequest>(&request))
        return {Tunnel{std::move(*tunnel)}, 0, {}};
    if (auto* forward = std::get_if<ForwardRequest>(&request)) {
        if (forward->max_forwards == 0U)
            return answer_ourselves(*forward);
        return {Forward{std::move(*forward)}, 0, {}};
    }
    return hang_up(Ending::login_failed, Fault::none, 0);
}

// RFC 9110 §7.6.2: the request ends here, wherever it was to go. An echo of a TRACE could hold what
// proxies before us have added, so there is none.
Wants HttpHandshake::answer_ourselves(const ForwardRequest& request) const
{
    if (request.head.method == "TRACE")
        return hang_up(Ending::malformed, Fault::trace_ends_here, 0);
    return {Help{options_answer(offer_)}, 0, {}};
}

Wants HttpHandshake::verified(bool accepted)
{
    if (!accepted)
        return hang_up(Ending::login_failed, Fault::none, 0);
    return asked();
}

// RFC 9110 §9.3.6: a 2xx to CONNECT has no Content-Length and no Transfer-Encoding.
Reply HttpHandshake::conclude(const Answer& answer) const
{
    if (answer.ending == Ending::established)
        return "HTTP/1.1 200 Connection established\r\n\r\n";
    return http_refusal(answer, form_, {keeps_connection_, is_head_, offer_});
}

}  // namespace adit::protocols
