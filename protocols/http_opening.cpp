#include "protocols/http_opening.hpp"

#include <algorithm>

#include "protocols/http_head.hpp"

namespace adit::protocols {

namespace {

constexpr std::string_view http2_line = "PRI * HTTP/2.0";
constexpr std::size_t longest_method = 32;

// Methods are tokens, and every one that is in use has capitals and hyphens only. "SSH-2.0-x" is a
// token as well.
bool is_method_character(char c)
{
    return (c >= 'A' && c <= 'Z') || c == '-';
}

// What is wrong with the method, as far as it has arrived.
Fault check_method(std::string_view text)
{
    const auto end = std::ranges::find_if_not(text, is_method_character);
    const auto method = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    if (method.size() > longest_method)
        return Fault::not_http;
    if (end == text.end())
        return Fault::none;
    return *end != ' ' || method.empty() || method == "CONNECT" ? Fault::not_http : Fault::none;
}

// method SP request-target SP HTTP-version
Fault check_line(std::string_view line)
{
    if (line == http2_line)
        return Fault::none;
    const auto target_at = line.find(' ') + 1;
    const auto target_end = line.find(' ', target_at);
    if (target_at == 0 || target_end == std::string_view::npos)
        return Fault::bad_request_line;
    const auto target = line.substr(target_at, target_end - target_at);
    const bool visible = std::ranges::all_of(target, [](char c) { return c > 0x20 && c < 0x7f; });
    if (target.empty() || !visible)
        return Fault::bad_request_line;
    const auto version = line.substr(target_end + 1);
    return version == "HTTP/1.1" || version == "HTTP/1.0" ? Fault::none : Fault::bad_version;
}

}  // namespace

Step<std::monostate> read_http_opening(Bytes in)
{
    const auto text = as_text(in);
    if (const auto fault = check_method(text); fault != Fault::none)
        return Malformed{fault};
    const auto end = text.substr(0, max_request_line).find('\n');
    if (end == std::string_view::npos) {
        if (text.size() >= max_request_line)
            return Malformed{Fault::request_line_too_long};
        return NeedMore{};
    }
    if (text[end - 1] != '\r')
        return Malformed{Fault::bad_request_line};
    const auto line = text.substr(0, end - 1);
    if (const auto fault = check_line(line); fault != Fault::none)
        return Malformed{fault};
    return Done<std::monostate>{{}, end + 1};
}

}  // namespace adit::protocols
