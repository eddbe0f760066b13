// When an access list of type `time` holds, minute by minute of a week, as the clock on the wall shows
// them.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace adit::review::squid {

constexpr std::size_t minutes_a_day = std::size_t{24} * 60;
using Week = std::bitset<7 * minutes_a_day>;  // from Sunday, 00:00

// "MTWHF": a bit for each day, bit 0 being Sunday. S Sunday, M, T, W, H Thursday, F, A Saturday, D from
// Monday to Friday; `-` stands for no day. Empty when another letter is among them.
std::optional<std::uint8_t> parse_time_days(std::string_view text);

// "09:00-17:30" on these days. To Squid the last minute is part of it. Empty for what Squid refuses:
// a range does not run over midnight.
std::optional<Week> parse_time_range(std::string_view text, std::uint8_t days);

Week whole_days(std::uint8_t days);

// One value of a rule's `when`, an object or a list of them. The week is neither empty nor full.
std::string to_text(const Week& week, std::string_view zone);

}  // namespace adit::review::squid
