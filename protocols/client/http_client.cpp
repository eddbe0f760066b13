#include "protocols/client/http_client.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "protocols/client/proxy_status.hpp"

namespace adit::protocols::client {
namespace {

constexpr std::size_t max_answer = 32 * 1024;
constexpr int max_answer_fields = 100;
constexpr int max_interim = 8;
constexpr std::string_view opening = "HTTP/";
constexpr std::string_view blanks = " \t";
constexpr std::string_view token_marks = "!#$%&'*+-.^_`|~";  // RFC 9110 §5.6.2

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool is_token_character(char c)
{
    return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           token_marks.find(c) != std::string_view::npos;
}

bool is_value_character(char c)
{
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
}

bool are_all(std::string_view text, bool (*wanted)(char))
{
    return std::all_of(text.begin(), text.end(), wanted);
}

std::string lower(std::string_view text)
{
    std::string made{text};
    for (char& c : made)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return made;
}

std::string_view trim(std::string_view text)
{
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// At most seven digits: a longer text than that is cut anyway.
std::optional<std::size_t> parse_length(std::string_view text)
{
    if (text.empty() || text.size() > 7 || !are_all(text, is_digit))
        return std::nullopt;
    std::size_t length = 0;
    for (const char digit : text)
        length = length * 10 + static_cast<std::size_t>(digit - '0');
    return length;
}

// Reads the head line by line; what tells the length is weighed at the end.
class AnswerReader {
public:
    Fault take_line(std::string_view line)
    {
        if (answer_.status == 0)
            return take_status_line(line);
        return take_field(line);
    }

    HttpAnswer finish()
    {
        if (lengths_ == 1 && !is_coded_)
            answer_.length = length_;
        return std::move(answer_);
    }

    bool has_begun() const { return answer_.status != 0; }

private:
    // RFC 9112 §4: HTTP-version SP status-code SP [ reason-phrase ]; the last space may be missing.
    Fault take_status_line(std::string_view line)
    {
        if (line.size() < 12 || line.substr(0, 5) != opening || !is_digit(line[5]) ||
            line[6] != '.' || !is_digit(line[7]) || line[8] != ' ')
            return Fault::bad_status_line;
        if (line.substr(5, 3) != "1.1" && line.substr(5, 3) != "1.0")
            return Fault::bad_version;
        const auto code = line.substr(9, 3);
        const auto rest = line.substr(12);
        if (!are_all(code, is_digit) || code.front() < '1' || code.front() > '5' ||
            (!rest.empty() && rest.front() != ' ') || !are_all(rest, is_value_character))
            return Fault::bad_status_line;
        answer_.status = (code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0');
        answer_.reason = trim(rest);
        return Fault::none;
    }

    Fault take_field(std::string_view line)
    {
        if (++fields_ > max_answer_fields)
            return Fault::answer_too_large;
        const auto colon = line.find(':');
        if (colon == 0 || colon == std::string_view::npos ||
            !are_all(line.substr(0, colon), is_token_character))
            return Fault::bad_field;
        const auto value = trim(line.substr(colon + 1));
        if (!are_all(value, is_value_character))
            return Fault::bad_field;
        return keep(lower(line.substr(0, colon)), value);
    }

    Fault keep(const std::string& name, std::string_view value)
    {
        if (name == "proxy-status") {
            answer_.proxy_status += answer_.proxy_status.empty() ? "" : ", ";
            answer_.proxy_status += value;
        } else if (name == "content-type") {
            answer_.is_plain_text = lower(trim(value.substr(0, value.find(';')))) == "text/plain";
        } else if (name == "transfer-encoding") {
            is_coded_ = true;
        } else if (name == "content-length") {
            ++lengths_;
            length_ = parse_length(value).value_or(0);
        }
        return Fault::none;
    }

    HttpAnswer answer_;
    int fields_ = 0;
    int lengths_ = 0;
    std::size_t length_ = 0;
    bool is_coded_ = false;
};

std::string base64(std::string_view plain)
{
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < plain.size(); i += 3) {
        const auto byte = [&](std::size_t at) -> std::uint32_t {
            return at < plain.size() ? static_cast<unsigned char>(plain[at]) : 0;
        };
        const auto bits = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
        text += digits[bits >> 18 & 63];
        text += digits[bits >> 12 & 63];
        text += i + 1 < plain.size() ? digits[bits >> 6 & 63] : '=';
        text += i + 2 < plain.size() ? digits[bits & 63] : '=';
    }
    return text;
}

}  // namespace

Step<HttpAnswer> parse_http_answer(Bytes in)
{
    const auto text = as_text(in);
    const auto begun = std::min(text.size(), opening.size());
    if (text.substr(0, begun) != opening.substr(0, begun))
        return Malformed{Fault::bad_status_line};
    AnswerReader reader;
    for (std::size_t start = 0;;) {
        const auto end = text.find('\n', start);
        const bool complete = end != std::string_view::npos;
        if ((complete ? end + 1 : text.size()) > max_answer)
            return Malformed{Fault::answer_too_large};
        if (!complete)
            return NeedMore{};
        auto line = text.substr(start, end - start);
        if (line.empty() || line.back() != '\r')
            return Malformed{reader.has_begun() ? Fault::bad_field : Fault::bad_status_line};
        line.remove_suffix(1);
        start = end + 1;
        if (line.empty() && reader.has_begun())
            return Done<HttpAnswer>{reader.finish(), start};
        const auto fault = reader.take_line(line);
        if (fault != Fault::none)
            return Malformed{fault};
    }
}

std::string http_connect_request(const Target& target, const Credentials* login)
{
    const auto authority = to_text(target);
    auto request = "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n";
    if (login != nullptr) {
        const auto plain = login->user + ":" + std::string{login->password.reveal()};
        request += "Proxy-Authorization: Basic " + base64(plain) + "\r\n";
    }
    return request + "\r\n";
}

Turn HttpClient::advance(Bytes input)
{
    if (refused_)
        return hear_body(input);
    const auto step = parse_http_answer(input);
    if (const auto* malformed = std::get_if<Malformed>(&step))
        return {NotUnderstood{malformed->fault}, 0, {}};
    if (const auto* done = std::get_if<Done<HttpAnswer>>(&step))
        return hear(done->value, done->consumed);
    return {};
}

Turn HttpClient::hear(const HttpAnswer& answer, std::size_t consumed)
{
    const auto kind = answer.status / 100;
    if (kind == 2)
        return {Open{}, consumed, {}};
    // RFC 9110 §15.2: interim answers are passed over. 101 would be another protocol.
    if (kind == 1 && answer.status != 101 && ++interim_ <= max_interim)
        return {More{}, consumed, {}};
    if (kind == 1)
        return {NotUnderstood{Fault::bad_status_line}, consumed, {}};
    auto refused = refusal_of(answer);
    if (!answer.is_plain_text || answer.length == 0)
        return {std::move(refused), consumed, {}};
    refused_ = std::move(refused);
    body_ = std::min(answer.length, max_text);
    return {More{}, consumed, {}};
}

Refused HttpClient::refusal_of(const HttpAnswer& answer) const
{
    Refused refused;
    if (answer.status == 407)
        refused.why = login_ ? Refused::Why::login_failed : Refused::Why::login_needed;
    refused.reason = std::to_string(answer.status);
    if (!answer.reason.empty())
        refused.reason += " " + answer.reason;
    if (auto status = parse_proxy_status(answer.proxy_status)) {
        refused.error = std::move(status->error);
        refused.rule = std::move(status->rule);
        refused.request_id = std::move(status->request_id);
        refused.text = std::move(status->details);
    }
    return refused;
}

Turn HttpClient::hear_body(Bytes input)
{
    refused_->text = as_text(input).substr(0, body_);
    if (input.size() < body_)
        return {};
    return {*std::exchange(refused_, std::nullopt), body_, {}};
}

}  // namespace adit::protocols::client
