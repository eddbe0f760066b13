// Instants as records and command lines write them. Reads no clock.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace adit::review {

using Time = std::chrono::sys_time<std::chrono::milliseconds>;

// "2026-11-24" (its first instant), "2026-11-24T02:48:32Z", or with one to three digits of a
// fraction; UTC. Days that do not exist are none.
std::optional<Time> parse_time(std::string_view text);

// RFC 3339 to the second: "2026-11-24T02:48:32Z".
std::string to_text(Time time);

}  // namespace adit::review
