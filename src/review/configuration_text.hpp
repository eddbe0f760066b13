// Pieces of a configuration as text, for the commands that write one.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace adit::review {

// The password hash of a user whose password the writer cannot know: made from 32 random bytes that
// were thrown away, so that nobody can log in until `adit passwd` has made a real one.
inline constexpr std::string_view locked_password =
    "$y$j9T$uM60AnXlZG8J0eAFuKUiq1$SfU6s9VHUsD5c/1XlgYR/Df.AOQg8HFXoEHfaNybfl2";

// A JSON string; hostile bytes are escaped.
std::string quoted(std::string_view text);

// ["a", "b"]
std::string quoted_list(std::span<const std::string> texts);

// [22, 80, "8000-8099"]: neighbours become ranges.
std::string port_list(const std::set<std::uint16_t>& ports);

// Text for a `//` comment: one line, without control characters or bytes beyond ASCII.
std::string in_comment(std::string_view text);

// Names for rules: short enough, without control characters, each given once.
class RuleNames {
public:
    std::string unique(std::string_view wish);

private:
    std::set<std::string, std::less<>> given_;
};

}  // namespace adit::review
