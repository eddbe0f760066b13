#include "src/review/squid_week.hpp"

#include <array>
#include <charconv>
#include <map>

#include <fmt/format.h>

#include "src/review/configuration_text.hpp"

namespace adit::review::squid {
namespace {

constexpr std::uint8_t every_day = 0x7F;
constexpr std::uint8_t monday_to_friday = 0x3E;
constexpr std::array<std::string_view, 7> day_names{"sun", "mon", "tue", "wed",
                                                    "thu", "fri", "sat"};

std::optional<unsigned> take_number(std::string_view& text, char behind)
{
    unsigned number = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const auto used = static_cast<std::size_t>(stop - text.data());
    if (error != std::errc{} || used > 2)
        return std::nullopt;
    text.remove_prefix(used);
    if (behind == '\0')
        return text.empty() ? std::optional{number} : std::nullopt;
    if (!text.starts_with(behind))
        return std::nullopt;
    text.remove_prefix(1);
    return number;
}

// Up to a minute and not including it, "17:00-24:00".
std::string hours_text(std::size_t from, std::size_t to)
{
    return fmt::format("{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60);
}

// The hours of one day; none when all of it is meant.
std::vector<std::string> hours_of(const Week& week, std::size_t day)
{
    std::vector<std::string> hours;
    const auto holds = [&](std::size_t minute) { return week[day * minutes_a_day + minute]; };
    for (std::size_t minute = 0; minute < minutes_a_day;) {
        const auto from = minute;
        while (minute < minutes_a_day && holds(minute))
            ++minute;
        if (minute > from)
            hours.push_back(hours_text(from, minute));
        else
            ++minute;
    }
    return hours;
}

// ["mon-fri", "sun"]: a week begins on Monday here.
std::vector<std::string> days_of(std::uint8_t days)
{
    std::vector<std::string> names;
    const auto has = [&](unsigned from_monday) {
        return from_monday < 7 && ((days >> ((from_monday + 1) % 7)) & 1U) != 0;
    };
    for (unsigned day = 0; day < 7; ++day) {
        if (!has(day))
            continue;
        const auto first = day;
        while (has(day + 1))
            ++day;
        std::string name{day_names[(first + 1) % 7]};
        if (day > first)
            name += fmt::format("-{}", day_names[(day + 1) % 7]);
        names.push_back(std::move(name));
    }
    return names;
}

}  // namespace

std::optional<std::uint8_t> parse_time_days(std::string_view text)
{
    constexpr std::string_view letters = "SMTWHFA";
    std::uint8_t days = 0;
    for (const char letter : text) {
        const auto day = letters.find(letter);
        if (day != std::string_view::npos)
            days |= static_cast<std::uint8_t>(1U << day);
        else if (letter == 'D')
            days |= monday_to_friday;
        else if (letter != '-')
            return std::nullopt;
    }
    return days;
}

std::optional<Week> parse_time_range(std::string_view text, std::uint8_t days)
{
    const auto first_hour = take_number(text, ':');
    const auto first_minute = first_hour ? take_number(text, '-') : std::nullopt;
    const auto last_hour = first_minute ? take_number(text, ':') : std::nullopt;
    const auto last_minute = last_hour ? take_number(text, '\0') : std::nullopt;
    if (!last_minute || *first_hour > 23 || *first_minute > 59 || *last_minute > 59 ||
        *last_hour > 24 || (*last_hour == 24 && *last_minute != 0))
        return std::nullopt;
    const std::size_t from = *first_hour * std::size_t{60} + *first_minute;
    const std::size_t last = *last_hour * std::size_t{60} + *last_minute;
    if (from > last)
        return std::nullopt;
    Week week;
    for (std::size_t day = 0; day < 7; ++day)
        for (auto minute = from; minute <= last && minute < minutes_a_day; ++minute)
            week[day * minutes_a_day + minute] = ((days >> day) & 1U) != 0;
    return week;
}

Week whole_days(std::uint8_t days)
{
    return *parse_time_range("00:00-24:00", days);
}

std::string to_text(const Week& week, std::string_view zone)
{
    // Days with the same hours are one window.
    std::map<std::vector<std::string>, std::uint8_t> windows;
    for (std::size_t day = 0; day < 7; ++day)
        if (auto hours = hours_of(week, day); !hours.empty())
            windows[std::move(hours)] |= static_cast<std::uint8_t>(1U << day);
    const std::vector<std::string> all_day{"00:00-24:00"};
    std::string text;
    for (const auto& [hours, days] : windows) {
        std::string window;
        if (days != every_day)
            window = fmt::format("\"days\": {}", quoted_list(days_of(days)));
        if (hours != all_day)
            window +=
                fmt::format("{}\"hours\": {}", window.empty() ? "" : ", ", quoted_list(hours));
        if (zone != "UTC")
            window += fmt::format(", \"zone\": {}", quoted(zone));
        text += fmt::format("{}{{ {} }}", text.empty() ? "" : ", ", window);
    }
    return windows.size() == 1 ? text : '[' + text + ']';
}

}  // namespace adit::review::squid
