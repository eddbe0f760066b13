#include "policy/json_text.hpp"

#include <algorithm>
#include <cstdint>

namespace adit::policy::json {

namespace {

bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '+' || c == '-' || c == '.';
}

// The bytes that may follow a lead byte, RFC 3629 §4. The bounds on the second byte keep out
// overlong forms, surrogates and everything above U+10FFFF.
struct Tail {
    std::size_t count = 0;
    std::uint8_t low = 0x80;
    std::uint8_t high = 0xBF;
};

std::optional<Tail> tail_of(std::uint8_t lead)
{
    if (lead < 0x80)
        return Tail{};
    if (lead >= 0xC2 && lead <= 0xDF)
        return Tail{1};
    if (lead == 0xE0)
        return Tail{2, 0xA0, 0xBF};
    if (lead == 0xED)
        return Tail{2, 0x80, 0x9F};
    if (lead >= 0xE1 && lead <= 0xEF)
        return Tail{2};
    if (lead == 0xF0)
        return Tail{3, 0x90, 0xBF};
    if (lead == 0xF4)
        return Tail{3, 0x80, 0x8F};
    if (lead >= 0xF1 && lead <= 0xF3)
        return Tail{3};
    return std::nullopt;
}

// The length of the character at the front of `text`; 0 when it is not one.
std::size_t character_length(std::string_view text)
{
    const auto tail = tail_of(static_cast<std::uint8_t>(text.front()));
    if (!tail || tail->count >= text.size())
        return 0;
    for (std::size_t i = 1; i <= tail->count; ++i) {
        const auto byte = static_cast<std::uint8_t>(text[i]);
        const auto low = i == 1 ? tail->low : std::uint8_t{0x80};
        const auto high = i == 1 ? tail->high : std::uint8_t{0xBF};
        if (byte < low || byte > high)
            return 0;
    }
    return tail->count + 1;
}

// Where the comment that starts at `offset` ends; `offset` itself when none starts or ends there.
std::size_t skip_comment(std::string_view text, std::size_t offset)
{
    const auto rest = text.substr(offset);
    if (rest.starts_with("//"))
        return std::min(text.find('\n', offset), text.size());
    if (!rest.starts_with("/*"))
        return offset;
    const auto end = text.find("*/", offset + 2);
    return end == std::string_view::npos ? offset : end + 2;
}

}  // namespace

Lines::Lines(std::string_view text) : starts_{0}
{
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text[i] == '\n')
            starts_.push_back(i + 1);
}

Position Lines::at(std::size_t offset) const
{
    const auto next = std::upper_bound(starts_.begin(), starts_.end(), offset);
    const auto line = static_cast<std::size_t>(next - starts_.begin());
    return {line, offset - starts_[line - 1] + 1};
}

std::optional<BadByte> find_bad_byte(std::string_view text)
{
    std::size_t offset = 0;
    while (offset < text.size()) {
        if (text[offset] == '\0')
            return BadByte{offset, "a NUL byte has no place in a configuration"};
        const auto length = character_length(text.substr(offset));
        if (length == 0)
            return BadByte{offset, "this byte is not UTF-8; save the file as UTF-8"};
        offset += length;
    }
    return std::nullopt;
}

std::string without_trailing_commas(std::string_view text)
{
    std::string result{text};
    std::optional<std::size_t> comma;  // the last token, when it was a comma behind a value
    bool after_value = false;
    for (auto at = skip_blanks(text, 0); at < text.size();) {
        const char c = text[at];
        if (comma && (c == ']' || c == '}'))
            result[*comma] = ' ';
        comma = c == ',' && after_value ? std::optional{at} : std::nullopt;
        after_value = c != ',' && c != ':' && c != '[' && c != '{';
        at = skip_blanks(text, skip_token(text, at));
    }
    return result;
}

std::size_t skip_blanks(std::string_view text, std::size_t offset)
{
    while (offset < text.size()) {
        if (is_blank(text[offset])) {
            ++offset;
            continue;
        }
        const auto behind = skip_comment(text, offset);
        if (behind == offset)
            return offset;
        offset = behind;
    }
    return text.size();
}

std::size_t skip_token(std::string_view text, std::size_t offset)
{
    if (text[offset] == '"') {
        auto end = offset + 1;
        while (end < text.size() && text[end] != '"')
            end += text[end] == '\\' ? 2 : 1;
        return std::min(end + 1, text.size());
    }
    if (!is_word(text[offset]))
        return offset + 1;
    while (offset < text.size() && is_word(text[offset]))
        ++offset;
    return offset;
}

}  // namespace adit::policy::json
