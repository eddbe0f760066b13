#include "protocols/http_connect.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "protocols/http_refusal.hpp"

namespace adit::protocols {
namespace {

using boost::beast::http::field;

struct Nobody {};
using Claim = std::variant<Nobody, Credentials, Hangup>;  // who the client says it is

std::string_view value_of(const HttpHead& head, field name)
{
    const auto value = head.fields[name];
    return {value.data(), value.size()};
}

// Content-Length: 0 is what some clients always send. Any other length, or a second one, could be
// read in two ways (RFC 9112 §6).
bool announces_body(const HttpHead& head)
{
    const auto lengths = head.fields.count(field::content_length);
    return head.fields.count(field::transfer_encoding) > 0 || lengths > 1 ||
           (lengths == 1 && value_of(head, field::content_length) != "0");
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

bool equals_ignoring_case(std::string_view text, std::string_view lower)
{
    const auto to_lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                      [&](char a, char b) { return to_lower(a) == b; });
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
    auto claim = read_claim(value_of(head, field::proxy_authorization));
    const auto* credentials = std::get_if<Credentials>(&claim);
    if (credentials == nullptr || !credentials->user.empty())
        return claim;
    if (login == Login::required)
        return Hangup{Ending::login_failed, Fault::none};
    return Nobody{};
}

// Several fields of one name are one list (RFC 9110 §5.3).
BodyForm form_asked_for(const HttpHead& head)
{
    std::string all;
    const auto [first, last] = head.fields.equal_range(field::accept);
    for (auto one = first; one != last; ++one)
        all.append(one->value().data(), one->value().size()).append(",");
    return preferred_form(all);
}

}  // namespace

Wants HttpHandshake::advance(Bytes input)
{
    if (asked_)
        return {};  // what follows belongs to the tunnel
    const auto step = reader_.read(input);
    if (const auto* malformed = std::get_if<Malformed>(&step))
        return {Hangup{Ending::malformed, malformed->fault}, 0, {}};
    if (const auto* done = std::get_if<Done<HttpHead>>(&step))
        return ask(done->value, done->consumed);
    return {};
}

// The request is checked before the login, and the login before anything else is done.
Wants HttpHandshake::ask(const HttpHead& head, std::size_t consumed)
{
    form_ = form_asked_for(head);
    const auto hang_up = [&](Fault fault) {
        return Wants{Hangup{Ending::malformed, fault}, consumed, {}};
    };
    if (head.method != "CONNECT")
        return hang_up(Fault::unknown_method);
    const auto target = parse_authority(head.target);
    if (!target)
        return hang_up(target.error());
    const auto fault = find_field_fault(head);
    if (fault != Fault::none)
        return hang_up(fault);

    auto claim = who_asks(head, login_);
    if (const auto* hangup = std::get_if<Hangup>(&claim))
        return {*hangup, consumed, {}};
    asked_ = TunnelRequest{Protocol::connect, *target};
    if (auto* credentials = std::get_if<Credentials>(&claim))
        return {Verify{std::move(*credentials)}, consumed, {}};
    return {Tunnel{*asked_}, consumed, {}};
}

Wants HttpHandshake::verified(bool accepted)
{
    if (!accepted || !asked_)
        return {Hangup{Ending::login_failed, Fault::none}, 0, {}};
    return {Tunnel{*asked_}, 0, {}};
}

// RFC 9110 §9.3.6: a 2xx to CONNECT has no Content-Length and no Transfer-Encoding.
Reply HttpHandshake::conclude(const Answer& answer) const
{
    if (answer.ending == Ending::established)
        return "HTTP/1.1 200 Connection established\r\n\r\n";
    return http_refusal(answer, form_);
}

}  // namespace adit::protocols
