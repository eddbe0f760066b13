#include "protocols/http_forward.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "protocols/http_fields.hpp"

namespace adit::protocols {
namespace {

constexpr std::string_view websocket = "websocket";
constexpr std::string_view x_forwarded_for = "x-forwarded-for";
constexpr std::uint16_t http_port = 80;

bool is_scheme(std::string_view text)
{
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    return !text.empty() && is_letter(text[0]) &&
           std::all_of(text.begin(), text.end(), [&](char c) {
               return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
           });
}

// The port may be left out, but not be empty: "example.com:" has been read in more than one way.
Result<Target, Fault> parse_origin(std::string_view authority)
{
    const auto last = authority.find_last_of(":]");
    const bool has_port = last != std::string_view::npos && authority[last] == ':';
    if (has_port)
        return parse_authority(authority);
    return parse_authority(std::string{authority} + ":80");
}

// Of one hop alone (RFC 9110 §7.6.1), by name or because Connection names it. What frames the body
// and says the host is never taken from the client's fields, so nobody can have it removed.
class Hop {
public:
    explicit Hop(const HttpFields& fields) : named_{list_of(fields, "Connection")} {}

    bool owns(std::string_view name) const
    {
        constexpr std::array<std::string_view, 12> always{"connection",
                                                          "keep-alive",
                                                          "te",
                                                          "trailer",
                                                          "transfer-encoding",
                                                          "upgrade",
                                                          "http2-settings",
                                                          "proxy-connection",
                                                          "proxy-authorization",
                                                          "proxy-authenticate",
                                                          "proxy-authentication-info",
                                                          "proxy"};
        const auto lower = lower_case(name);
        return std::find(always.begin(), always.end(), lower) != always.end() ||
               std::find(named_.begin(), named_.end(), lower) != named_.end();
    }

private:
    std::vector<std::string> named_;
};

void append_field(std::string& out, std::string_view name, std::string_view value)
{
    out.append(name).append(": ").append(value).append("\r\n");
}

// All fields but those of the hop and those that are written here, given in lower case.
void append_end_to_end(std::string& out, const HttpFields& fields,
                       const std::vector<std::string_view>& written_anew)
{
    const Hop hop{fields};
    for (const auto& field : fields) {
        const std::string_view name{field.name_string().data(), field.name_string().size()};
        const bool anew =
            std::any_of(written_anew.begin(), written_anew.end(),
                        [&](std::string_view other) { return equals_ignoring_case(name, other); });
        if (!anew && !hop.owns(name))
            append_field(out, name, {field.value().data(), field.value().size()});
    }
}

void append_framing(std::string& out, Framing::Kind kind, std::uint64_t length)
{
    if (kind == Framing::Kind::length)
        append_field(out, "Content-Length", std::to_string(length));
    if (kind == Framing::Kind::chunked)
        append_field(out, "Transfer-Encoding", "chunked");
}

// RFC 9110 §7.6.3: the version that was received, and a pseudonym.
void append_via(std::string& out, int version, std::string_view pseudonym)
{
    append_field(out, "Via", (version == 11 ? "1.1 " : "1.0 ") + std::string{pseudonym});
}

// What others have said, and then the client. Nobody can have that removed by Connection, nor write
// behind it: a client without an address is "unknown".
std::string forwarded_for(const HttpFields& fields, std::string_view client)
{
    auto all = Hop{fields}.owns(x_forwarded_for) ? "" : joined_values(fields, x_forwarded_for);
    if (!all.empty())
        all += ", ";
    return all.append(client.empty() ? "unknown" : client);
}

std::string status_line(const HttpResponseHead& answer)
{
    return "HTTP/1.1 " + std::to_string(answer.status) + " " + answer.reason + "\r\n";
}

// Proxy-Connection is what some clients say to a proxy instead (RFC 9112 §9.3).
bool client_stays(const HttpHead& head)
{
    return head.version == 11 && !lists(head.fields, "Connection", "close") &&
           !lists(head.fields, "Proxy-Connection", "close");
}

bool asks_for_websocket(const HttpHead& head, const Framing& framing)
{
    return head.version == 11 && head.method == "GET" && !framing.has_body() &&
           lists(head.fields, "Connection", "upgrade") && lists(head.fields, "Upgrade", websocket);
}

Fault find_fault(const HttpHead& head)
{
    const auto hosts = count_of(head.fields, "Host");
    if (hosts > 1)
        return Fault::host_repeated;
    if (hosts == 0 && head.version == 11)
        return Fault::host_missing;
    const auto expectations = list_of(head.fields, "Expect");
    const bool only_continue = std::all_of(expectations.begin(), expectations.end(),
                                           [](const auto& one) { return one == "100-continue"; });
    return only_continue ? Fault::none : Fault::bad_expectation;
}

Result<std::optional<std::uint32_t>, Fault> read_max_forwards(const HttpHead& head)
{
    constexpr std::uint32_t most = 1'000'000;  // more than any path has proxies
    const auto count = count_of(head.fields, "Max-Forwards");
    if (count == 0 || (head.method != "TRACE" && head.method != "OPTIONS"))
        return std::optional<std::uint32_t>{};
    const auto text = value_of(head.fields, "Max-Forwards");
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (count > 1 || text.empty() || !std::all_of(text.begin(), text.end(), is_digit))
        return Fault::bad_max_forwards;
    std::uint32_t number = 0;
    for (const char digit : text)
        number = std::min(number * 10 + static_cast<std::uint32_t>(digit - '0'), most);
    return std::optional{number};
}

}  // namespace

bool is_absolute_form(std::string_view target)
{
    const auto mark = target.find("://");
    return mark != std::string_view::npos && is_scheme(target.substr(0, mark));
}

Result<AbsoluteForm, Fault> parse_absolute_form(std::string_view target, std::string_view method)
{
    const auto mark = target.find("://");
    if (mark == std::string_view::npos || !equals_ignoring_case(target.substr(0, mark), "http"))
        return Fault::scheme_not_forwarded;
    const auto rest = target.substr(mark + 3);
    if (rest.find('#') != std::string_view::npos)
        return Fault::bad_request_line;
    const auto end = std::min(rest.find_first_of("/?"), rest.size());
    const auto origin = parse_origin(rest.substr(0, end));
    if (!origin)
        return origin.error();
    std::string path{rest.substr(end)};
    if (path.empty())
        path = method == "OPTIONS" ? "*" : "/";  // RFC 9112 §3.2.4
    else if (path[0] == '?')
        path.insert(path.begin(), '/');
    return AbsoluteForm{*origin, std::move(path)};
}

Result<ForwardRequest, Fault> parse_forward_request(HttpHead head)
{
    auto where = parse_absolute_form(head.target, head.method);
    if (!where)
        return where.error();
    const auto fault = find_fault(head);
    if (fault != Fault::none)
        return fault;
    const auto framing = framing_of(head);
    if (!framing)
        return framing.error();
    const bool stays = client_stays(head);
    const bool upgrades = asks_for_websocket(head, *framing);
    const auto max_forwards = read_max_forwards(head);
    if (!max_forwards)
        return max_forwards.error();
    return ForwardRequest{std::move(head), where->target, std::move(where->path), *framing,
                          stays,           upgrades,      *max_forwards};
}

bool has_passed(const HttpHead& head, std::string_view pseudonym)
{
    return joined_values(head.fields, "Via").find(pseudonym) != std::string::npos;
}

bool may_be_repeated(const ForwardRequest& request)
{
    constexpr std::array<std::string_view, 6> idempotent{"GET",    "HEAD", "OPTIONS",
                                                         "DELETE", "PUT",  "TRACE"};
    return !request.framing.has_body() && !request.upgrades &&
           std::find(idempotent.begin(), idempotent.end(), request.head.method) != idempotent.end();
}

bool logs_in_connection(const HttpFields& fields, std::string_view name)
{
    const auto [first, last] = fields.equal_range({name.data(), name.size()});
    return std::any_of(first, last, [](const auto& field) {
        const std::string_view value{field.value().data(), field.value().size()};
        const auto scheme = value.substr(0, value.find_first_of(" ,"));
        return equals_ignoring_case(scheme, "ntlm") || equals_ignoring_case(scheme, "negotiate");
    });
}

std::string write_request_head(const ForwardRequest& request, std::string_view pseudonym,
                               std::string_view client)
{
    const auto& fields = request.head.fields;
    auto authority = to_text(request.target);
    if (request.target.port == http_port)
        authority.resize(authority.rfind(':'));
    std::string out = request.head.method + " " + request.path + " HTTP/1.1\r\n";
    append_field(out, "Host", authority);
    std::vector<std::string_view> written_anew{"host", "content-length", "expect"};
    if (request.max_forwards)
        written_anew.push_back("max-forwards");
    if (request.tells_client)
        written_anew.push_back(x_forwarded_for);
    append_end_to_end(out, fields, written_anew);
    if (request.tells_client)
        append_field(out, "X-Forwarded-For", forwarded_for(fields, client));
    if (request.max_forwards)
        append_field(out, "Max-Forwards", std::to_string(*request.max_forwards - 1));
    append_framing(out, request.framing.kind, request.framing.length);
    // RFC 9110 §10.1.1: a client of HTTP/1.0 waits for no interim answer, and gets none.
    if (request.head.version == 11 && request.framing.has_body() && count_of(fields, "Expect") > 0)
        append_field(out, "Expect", "100-continue");
    append_via(out, request.head.version, pseudonym);
    if (request.upgrades)
        out.append("Connection: Upgrade\r\nUpgrade: websocket\r\n");
    return out + "\r\n";
}

Framing::Kind delivery_of(const Framing& framing, const ForwardRequest& request)
{
    const bool has_length =
        framing.kind == Framing::Kind::none || framing.kind == Framing::Kind::length;
    if (has_length)
        return framing.kind;
    return request.head.version == 11 ? Framing::Kind::chunked : Framing::Kind::until_close;
}

bool keeps_connection(const HttpResponseHead& answer, const Framing& framing)
{
    return answer.version == 11 && framing.kind != Framing::Kind::until_close &&
           !lists(answer.fields, "Connection", "close");
}

// Where there is no body, what the fields say of its length is about another answer: that to GET
// instead of HEAD, or the one that is still fresh (RFC 9110 §8.6). A 204 has none at all.
std::string write_answer_head(const HttpResponseHead& answer, const Framing& framing,
                              Framing::Kind delivery, bool keeps, std::string_view pseudonym)
{
    auto out = status_line(answer);
    append_end_to_end(out, answer.fields, {"content-length"});
    const auto told = value_of(answer.fields, "Content-Length");
    if (delivery == Framing::Kind::none && answer.status != 204 && !told.empty())
        append_field(out, "Content-Length", told);
    append_framing(out, delivery, framing.length);
    append_via(out, answer.version, pseudonym);
    if (!keeps)
        append_field(out, "Connection", "close");
    return out + "\r\n";
}

std::string write_interim_head(const HttpResponseHead& answer, std::string_view pseudonym)
{
    auto out = status_line(answer);
    append_end_to_end(out, answer.fields, {"content-length"});
    append_via(out, answer.version, pseudonym);
    return out + "\r\n";
}

bool accepts_upgrade(const HttpResponseHead& answer, const ForwardRequest& request)
{
    return request.upgrades && answer.status == 101 && answer.version == 11 &&
           lists(answer.fields, "Connection", "upgrade") &&
           equals_ignoring_case(value_of(answer.fields, "Upgrade"), websocket) &&
           count_of(answer.fields, "Upgrade") == 1;
}

std::string write_upgrade_head(const HttpResponseHead& answer, std::string_view pseudonym)
{
    auto out = write_interim_head(answer, pseudonym);
    out.resize(out.size() - 2);
    return out + "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
}

}  // namespace adit::protocols
