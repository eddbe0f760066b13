// Days and instants as the configuration writes them, in UTC.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace adit::policy {

using std::chrono::sys_seconds;

// "2027-01-31T18:00:00Z" or with an offset, "2027-01-31T20:00:00+02:00" (RFC 3339, whole seconds).
// Empty for anything else, days that do not exist included.
std::optional<sys_seconds> parse_instant(std::string_view text);

// The first moment behind "2027-01-31".
std::optional<sys_seconds> parse_end_of_day(std::string_view text);

// "2027-01-31T18:00:00Z"
std::string to_text(sys_seconds moment);

}  // namespace adit::policy
