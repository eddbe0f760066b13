#include "protocols/http_head.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

namespace adit::protocols {
namespace {

constexpr std::string_view token_marks = "!#$%&'*+-.^_`|~";  // RFC 9110 §5.6.2
constexpr std::string_view blanks = " \t";
constexpr std::string_view version_prefix = "HTTP/";

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool is_token_character(char c)
{
    return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           token_marks.find(c) != std::string_view::npos;
}

bool is_visible(char c)
{
    return c > 0x20 && c < 0x7f;
}

// field-vchar, SP and HTAB (RFC 9110 §5.5): no control character, but bytes of any other charset.
bool is_value_character(char c)
{
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
}

bool is_token(std::string_view text)
{
    return !text.empty() && std::all_of(text.begin(), text.end(), is_token_character);
}

// HTTP-version (RFC 9112 §2.3): "HTTP/" DIGIT "." DIGIT, in capitals.
bool is_version(std::string_view text)
{
    return text.size() == 8 && text.substr(0, 5) == version_prefix && is_digit(text[5]) &&
           text[6] == '.' && is_digit(text[7]);
}

std::string_view trim(std::string_view text)
{
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// RFC 9112 §3: method SP request-target SP HTTP-version, and exactly one space each.
Fault take_first_line(std::string_view line, HttpHead& head)
{
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == last)
        return Fault::bad_request_line;
    const auto method = line.substr(0, first);
    const auto target = line.substr(first + 1, last - first - 1);
    const auto version = line.substr(last + 1);
    if (!is_token(method) || target.empty() ||
        !std::all_of(target.begin(), target.end(), is_visible) || !is_version(version))
        return Fault::bad_request_line;
    if (version != "HTTP/1.1" && version != "HTTP/1.0")
        return Fault::bad_version;
    head.method = method;
    head.target = target;
    head.version = version.back() == '1' ? 11 : 10;
    return Fault::none;
}

// RFC 9112 §4: HTTP-version SP status-code SP [reason-phrase]. Servers that have no reason to give
// often leave out the second space, too.
Fault take_first_line(std::string_view line, HttpResponseHead& head)
{
    const auto version = line.substr(0, 8);
    if (line.size() < 12 || (version != "HTTP/1.1" && version != "HTTP/1.0") || line[8] != ' ')
        return Fault::bad_status_line;
    const auto code = line.substr(9, 3);
    const auto rest = line.substr(12);
    if (!std::all_of(code.begin(), code.end(), is_digit) || code[0] < '1' || code[0] > '5' ||
        (!rest.empty() && rest[0] != ' ') ||
        !std::all_of(rest.begin(), rest.end(), is_value_character))
        return Fault::bad_status_line;
    head.status = (code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0');
    head.reason = trim(rest);
    head.version = version.back() == '1' ? 11 : 10;
    return Fault::none;
}

}  // namespace

template <class Head>
Step<Head> HeadReader<Head>::read(Bytes input)
{
    constexpr bool is_request = std::is_same_v<Head, HttpHead>;
    constexpr auto no_first_line = is_request ? Fault::bad_request_line : Fault::bad_status_line;
    const auto text = as_text(input);
    for (;;) {
        const auto end = text.find('\n', looked_at_);
        const bool complete = end != std::string_view::npos;
        const auto stop = complete ? end + 1 : text.size();
        const auto long_line = too_long(stop - line_start_, stop - head_start_);
        if (long_line != Fault::none)
            return Malformed{long_line};
        looked_at_ = stop;
        if (!complete)
            return NeedMore{};

        // A bare LF ends no line here: another reader might take it for one, or not (RFC 9112 §2.2).
        auto line = text.substr(line_start_, end - line_start_);
        if (line.empty() || line.back() != '\r')
            return Malformed{begun_ ? Fault::bad_field : no_first_line};
        line.remove_suffix(1);
        line_start_ = stop;

        if (line.empty() && begun_)
            return Done<Head>{std::move(head_), stop};
        if (line.empty() && is_request && head_start_ == 0) {
            head_start_ = stop;  // RFC 9112 §2.2: older clients send one after a body
            continue;
        }
        const auto fault = take_line(line);
        if (fault != Fault::none)
            return Malformed{fault};
    }
}

// Of lines that may still lack their end: what is too long already is refused before it is kept.
template <class Head>
Fault HeadReader<Head>::too_long(std::size_t line_length, std::size_t head_length) const
{
    constexpr std::size_t crlf = 2;
    if (!begun_ && line_length > max_request_line + crlf)
        return Fault::request_line_too_long;
    return head_length > max_head ? Fault::head_too_large : Fault::none;
}

template <class Head>
Fault HeadReader<Head>::take_line(std::string_view line)
{
    if (begun_)
        return ++fields_ > max_fields ? Fault::head_too_large : take_field_line(line, head_.fields);
    begun_ = true;
    return take_first_line(line, head_);
}

template class HeadReader<HttpHead>;
template class HeadReader<HttpResponseHead>;

// field-name ":" OWS field-value OWS. A line that begins with a blank is a folded one (§5.2); it has
// no name and is refused with the others.
Fault take_field_line(std::string_view line, HttpFields& fields)
{
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon)))
        return Fault::bad_field;
    const auto value = trim(line.substr(colon + 1));
    if (!std::all_of(value.begin(), value.end(), is_value_character))
        return Fault::bad_field;
    const auto name = line.substr(0, colon);
    fields.insert({name.data(), name.size()}, {value.data(), value.size()});
    return Fault::none;
}

}  // namespace adit::protocols
