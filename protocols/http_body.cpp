#include "protocols/http_body.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "protocols/http_fields.hpp"

namespace adit::protocols {
namespace {

constexpr std::string_view crlf = "\r\n";

std::optional<unsigned> hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f')
        return static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F')
        return static_cast<unsigned>(c - 'A' + 10);
    return std::nullopt;
}

// A complete line without its CRLF; empty when it has not ended yet.
struct Line {
    std::string_view text;
    std::size_t consumed = 0;
};

Result<std::optional<Line>, Fault> next_line(std::string_view text, std::size_t longest)
{
    const auto end = text.find('\n');
    if (end == std::string_view::npos) {
        if (text.size() > longest)
            return Fault::bad_chunk;
        return std::optional<Line>{};
    }
    if (end > longest || end == 0 || text[end - 1] != '\r')
        return Fault::bad_chunk;
    return std::optional{Line{text.substr(0, end - 1), end + 1}};
}

// chunk-size [ chunk-ext ]. Extensions are dropped, but not with a control character in them, which
// another reader might take for an end.
std::optional<std::uint64_t> parse_chunk_size(std::string_view line)
{
    constexpr std::size_t most_digits = 15;  // below 2^60
    const auto digits = line.substr(0, line.find(';'));
    const auto extensions = line.substr(digits.size());
    if (digits.empty() || digits.size() > most_digits)
        return std::nullopt;
    std::uint64_t size = 0;
    for (const char c : digits) {
        const auto digit = hex_digit(c);
        if (!digit)
            return std::nullopt;
        size = size * 16 + *digit;
    }
    const auto is_control = [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && byte != '\t') || byte == 0x7f;
    };
    if (std::any_of(extensions.begin(), extensions.end(), is_control))
        return std::nullopt;
    return size;
}

// What no trailer may say: RFC 9110 §6.5.1, and whatever belongs to one hop.
bool is_forbidden(std::string_view lower)
{
    constexpr std::array<std::string_view, 39> forbidden{"accept-encoding",
                                                         "age",
                                                         "authentication-info",
                                                         "authorization",
                                                         "cache-control",
                                                         "connection",
                                                         "content-encoding",
                                                         "content-length",
                                                         "content-location",
                                                         "content-range",
                                                         "content-type",
                                                         "cookie",
                                                         "date",
                                                         "expect",
                                                         "expires",
                                                         "forwarded",
                                                         "host",
                                                         "if-match",
                                                         "if-none-match",
                                                         "if-modified-since",
                                                         "if-range",
                                                         "if-unmodified-since",
                                                         "keep-alive",
                                                         "location",
                                                         "max-forwards",
                                                         "pragma",
                                                         "range",
                                                         "retry-after",
                                                         "set-cookie",
                                                         "te",
                                                         "trailer",
                                                         "transfer-encoding",
                                                         "upgrade",
                                                         "vary",
                                                         "via",
                                                         "warning",
                                                         "www-authenticate",
                                                         "x-forwarded-for",
                                                         "x-forwarded-host"};
    return lower.substr(0, 6) == "proxy-" ||
           std::find(forbidden.begin(), forbidden.end(), lower) != forbidden.end();
}

}  // namespace

BodyReader::BodyReader(const Framing& framing, std::vector<std::string> hop)
    : hop_{std::move(hop)}, chunked_{framing.kind == Framing::Kind::chunked}, left_{framing.length}
{
    if (chunked_)
        state_ = State::size;
    else if (framing.kind == Framing::Kind::until_close)
        state_ = State::until_close;
    else if (framing.has_body())
        state_ = State::bytes;
}

Result<BodyReader::Piece, Fault> BodyReader::read(Bytes input)
{
    switch (state_) {
        case State::until_close:
            return Piece{input.size(), input};
        case State::bytes: {
            const auto count =
                static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
            left_ -= count;
            if (left_ == 0)
                state_ = chunked_ ? State::data_end : State::done;
            return Piece{count, input.first(count)};
        }
        case State::size:
            return read_size(as_text(input));
        case State::data_end:
            return read_data_end(as_text(input));
        case State::trailer:
            return read_trailer(as_text(input));
        case State::done:
            break;
    }
    return Piece{};
}

Result<BodyReader::Piece, Fault> BodyReader::read_size(std::string_view text)
{
    const auto line = next_line(text, max_chunk_line);
    if (!line)
        return line.error();
    if (!*line)
        return Piece{};
    const auto size = parse_chunk_size((*line)->text);
    if (!size)
        return Fault::bad_chunk;
    left_ = *size;
    state_ = left_ == 0 ? State::trailer : State::bytes;
    return Piece{(*line)->consumed, {}};
}

Result<BodyReader::Piece, Fault> BodyReader::read_data_end(std::string_view text)
{
    const auto seen = text.substr(0, crlf.size());
    if (seen != crlf.substr(0, seen.size()))
        return Fault::bad_chunk;
    if (seen.size() < crlf.size())
        return Piece{};
    state_ = State::size;
    return Piece{crlf.size(), {}};
}

Result<BodyReader::Piece, Fault> BodyReader::read_trailer(std::string_view text)
{
    const auto line = next_line(text, max_trailers - trailer_bytes_);
    if (!line)
        return line.error();
    if (!*line)
        return Piece{};
    const auto consumed = (*line)->consumed;
    trailer_bytes_ += std::min(consumed, max_trailers - trailer_bytes_);
    if ((*line)->text.empty()) {
        state_ = State::done;
        return Piece{consumed, {}};
    }
    HttpFields one;
    if (++trailer_fields_ > max_fields || take_field_line((*line)->text, one) != Fault::none)
        return Fault::bad_chunk;
    const auto name = one.begin()->name_string();
    if (may_trail({name.data(), name.size()}))
        trailers_.insert(name, one.begin()->value());
    return Piece{consumed, {}};
}

bool BodyReader::may_trail(std::string_view name) const
{
    const auto lower = lower_case(name);
    return !is_forbidden(lower) && std::find(hop_.begin(), hop_.end(), lower) == hop_.end();
}

void BodyWriter::write(std::string& out, Bytes data) const
{
    if (data.empty())
        return;
    if (kind_ == Framing::Kind::chunked) {
        constexpr std::string_view digits = "0123456789abcdef";
        std::string size;
        for (auto left = data.size(); left > 0; left /= 16)
            size.insert(size.begin(), digits[left % 16]);
        out.append(size).append(crlf);
    }
    out.append(as_text(data));
    if (kind_ == Framing::Kind::chunked)
        out.append(crlf);
}

void BodyWriter::finish(std::string& out, const HttpFields& trailers) const
{
    if (kind_ != Framing::Kind::chunked)
        return;
    out.append("0\r\n");
    for (const auto& field : trailers) {
        out.append(field.name_string().data(), field.name_string().size()).append(": ");
        out.append(field.value().data(), field.value().size()).append(crlf);
    }
    out.append(crlf);
}

}  // namespace adit::protocols
