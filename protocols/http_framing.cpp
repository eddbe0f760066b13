#include "protocols/http_framing.hpp"

#include <algorithm>

#include "protocols/http_fields.hpp"

namespace adit::protocols {
namespace {

constexpr std::string_view content_length = "Content-Length";
constexpr std::string_view transfer_encoding = "Transfer-Encoding";

// What the fields say; `none` when they say nothing.
Result<Framing, Fault> announced(const HttpFields& fields, int version)
{
    if (names_too_many_fields(fields))
        return Fault::bad_field;
    const auto lengths = count_of(fields, content_length);
    const auto codings = count_of(fields, transfer_encoding);
    if (lengths + codings > 1)
        return Fault::bad_framing;
    if (codings == 1) {
        // RFC 9112 §6.1: HTTP/1.0 knows no transfer codings, so one there is a faulty framing.
        if (version == 10 || !equals_ignoring_case(value_of(fields, transfer_encoding), "chunked"))
            return Fault::bad_framing;
        return Framing{Framing::Kind::chunked};
    }
    if (lengths == 0)
        return Framing{};
    const auto length = parse_content_length(value_of(fields, content_length));
    if (!length)
        return length.error();
    return Framing{Framing::Kind::length, *length};
}

}  // namespace

Result<std::uint64_t, Fault> parse_content_length(std::string_view text)
{
    constexpr std::size_t most_digits = 18;  // 10^18 is below 2^63
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (text.empty() || text.size() > most_digits || (text.size() > 1 && text[0] == '0') ||
        !std::all_of(text.begin(), text.end(), is_digit))
        return Fault::bad_framing;
    std::uint64_t length = 0;
    for (const char digit : text)
        length = length * 10 + static_cast<std::uint64_t>(digit - '0');
    return length;
}

Result<Framing, Fault> framing_of(const HttpHead& request)
{
    return announced(request.fields, request.version);
}

Result<Framing, Fault> framing_of(const HttpResponseHead& answer, std::string_view method)
{
    const auto framing = announced(answer.fields, answer.version);
    if (!framing)
        return framing.error();
    const bool is_bare = answer.status < 200 || answer.status == 204;
    if (is_bare && framing->has_body())
        return Fault::bad_framing;
    if (method == "HEAD" || is_bare || answer.status == 304)
        return Framing{};
    if (framing->kind == Framing::Kind::none)
        return Framing{Framing::Kind::until_close};
    return *framing;
}

}  // namespace adit::protocols
