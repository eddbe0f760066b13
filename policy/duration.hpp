// Durations as the configuration writes them: a whole number and a unit.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace adit::policy {

// "500ms", "10s", "5m", "1h", "7d"; at most nine digits. Empty for anything else.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

// In the largest unit that says it exactly.
std::string to_text(std::chrono::milliseconds duration);

}  // namespace adit::policy
