// "Did you mean ...?", and the safe way to repeat a file's text in a message.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace adit::policy {

// The candidate that is closest to `text` when it is close enough to be meant: a slip or two away,
// or begun with `text`. Otherwise empty.
std::string_view closest(std::string_view text, std::span<const std::string_view> candidates);

// `; did you mean "x"?`, or empty when nothing is close. `mark` is written before the candidate.
std::string did_you_mean(std::string_view text, std::span<const std::string_view> candidates,
                         std::string_view mark = {});

// In double quotes, control characters escaped, cut when it is long.
std::string quoted(std::string_view text);

// "a", "b" or "c"
std::string alternatives(std::span<const std::string_view> words);

}  // namespace adit::policy
