// JSON text as people write it: with comments and trailing commas. What must be known about its
// bytes before and beside the parser: where a byte stands, whether it is text at all, where the
// next token begins. Understands tokens, not structure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace adit::policy::json {

struct Position {
    std::size_t line = 1;    // from 1
    std::size_t column = 1;  // from 1, in bytes
    auto operator<=>(const Position&) const = default;
};

// Turns offsets into positions. Keeps no reference to the text.
class Lines {
public:
    explicit Lines(std::string_view text);
    Position at(std::size_t offset) const;

private:
    std::vector<std::size_t> starts_;
};

struct BadByte {
    std::size_t offset = 0;
    std::string message;
};

// The first byte that is not UTF-8 (RFC 3629), or is NUL, which the parser would take for the end.
std::optional<BadByte> find_bad_byte(std::string_view text);

// The same text with every trailing comma overwritten by a blank: nothing moves, so positions stay
// true. A comma is trailing when it follows a value and only blanks and comments stand between it
// and a closing bracket.
std::string without_trailing_commas(std::string_view text);

// The offset of the first byte at or behind `offset` that is neither a blank nor in a comment. An
// open comment is where it stops.
std::size_t skip_blanks(std::string_view text, std::size_t offset);

// The offset behind the token that starts at `offset`: a string with its quotes, a run of letters
// and digits, or one byte.
std::size_t skip_token(std::string_view text, std::size_t offset);

}  // namespace adit::policy::json
