// A JSON text as a tree in which every value knows its line and column, members keep the file's
// order and a repeated key is kept and marked. nlohmann/json reads the grammar; its own tree keeps
// neither positions nor duplicates, and takes the last of two equal keys in silence.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/json_text.hpp"
#include "protocols/result.hpp"

namespace adit::policy::json {

enum class Kind : std::uint8_t { null, boolean, number, string, array, object };

struct Member;

struct Value {
    Kind kind = Kind::null;
    Position at;
    bool boolean = false;
    std::string text;             // a string's content, or a number as it is written
    std::vector<Value> items;     // of an array
    std::vector<Member> members;  // of an object

    const Value* find(std::string_view key) const;  // the first member of that name
};

struct Member {
    std::string key;
    Position at;                      // of the key
    std::optional<Position> repeats;  // where the same key stood first
    Value value;
};

// "a string", "a list", "true", ...: what was found, for messages.
std::string_view describe(const Value& value);

struct SyntaxError {
    Position at;
    std::string message;
};

inline constexpr std::size_t max_depth = 64;

// Reads a whole text: one value, with comments and trailing commas. The first thing wrong ends it.
// Messages never repeat what strings hold, for one of them may be a password.
Result<Value, SyntaxError> parse(std::string_view text);

}  // namespace adit::policy::json
