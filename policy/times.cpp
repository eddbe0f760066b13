#include "policy/times.hpp"

#include <algorithm>
#include <array>

namespace adit::policy {

namespace {

using namespace std::chrono;

constexpr minutes whole_day{1440};

constexpr std::array<std::string_view, 7> names{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

std::optional<unsigned> day_called(std::string_view text)
{
    const auto found = std::ranges::find(names, text);
    if (found == names.end())
        return std::nullopt;
    return static_cast<unsigned>(found - names.begin());
}

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// "08:00" to "24:00"
std::optional<minutes> time_of_day(std::string_view text)
{
    if (text.size() != 5 || text[2] != ':' || !is_digit(text[0]) || !is_digit(text[1]) ||
        !is_digit(text[3]) || !is_digit(text[4]))
        return std::nullopt;
    const auto number = [&](std::size_t at) { return (text[at] - '0') * 10 + text[at + 1] - '0'; };
    const minutes time{number(0) * 60 + number(3)};
    if (number(3) > 59 || time > whole_day)
        return std::nullopt;
    return time;
}

std::string two_digits(long number)
{
    return (number < 10 ? "0" : "") + std::to_string(number);
}

std::string in_words(minutes time)
{
    return two_digits(time.count() / 60) + ':' + two_digits(time.count() % 60);
}

// "mon-fri", "sat,sun"; runs are told from Monday on.
std::string days_in_words(std::uint8_t days)
{
    const auto on = [&](unsigned nth) { return (days >> (nth + 1) % 7 & 1U) != 0; };
    const auto name = [](unsigned nth) { return std::string{names[(nth + 1) % 7]}; };
    std::string text;
    for (unsigned first = 0; first < 7; ++first) {
        if (!on(first))
            continue;
        auto last = first;
        while (last + 1 < 7 && on(last + 1))
            ++last;
        text += (text.empty() ? "" : ",") + name(first);
        if (last != first)
            text += '-' + name(last);
        first = last;
    }
    return text;
}

bool is_on(std::uint8_t days, sys_days day)
{
    return (days >> weekday{day}.c_encoding() & 1U) != 0;
}

}  // namespace

seconds Zone::ahead_at(sys_seconds moment) const
{
    const auto next = std::ranges::upper_bound(shifts, moment, {}, &Shift::from);
    return next == shifts.begin() ? shifts.front().ahead : (next - 1)->ahead;
}

bool Window::holds(sys_seconds moment) const
{
    // Local time, written as if it were UTC.
    const auto local = moment + zone->ahead_at(moment);
    const auto today = floor<std::chrono::days>(local);
    const auto time = floor<minutes>(local - today);
    if (from < to)
        return is_on(days, today) && time >= from && time < to;
    return (is_on(days, today) && time >= from) ||
           (is_on(days, today - std::chrono::days{1}) && time < to);
}

bool Times::hold(sys_seconds moment) const
{
    return std::ranges::any_of(windows_,
                               [&](const Window& window) { return window.holds(moment); });
}

// Something can change only where a window begins or ends by the clocks of a place, at its midnight,
// and where those clocks are shifted.
std::optional<sys_seconds> Times::next_change(sys_seconds moment) const
{
    constexpr int horizon = 15;  // days: two weeks, of which one may lack the window's hour or day
    std::vector<sys_seconds> edges;
    for (const auto& window : windows_) {
        const auto& shifts = window.zone->shifts;
        const auto until = moment + days{horizon};
        auto shift = std::ranges::upper_bound(shifts, moment, {}, &Shift::from);
        for (; shift != shifts.end() && shift->from <= until; ++shift)
            edges.push_back(shift->from);
        const auto today = floor<days>(moment + window.zone->ahead_at(moment));
        for (int day = -1; day <= horizon; ++day)
            for (const auto time : {minutes{0}, window.from, window.to % whole_day}) {
                const sys_seconds local = today + days{day} + time;
                // On either side of a shift that is near.
                for (const auto near : {-days{1}, days{1}})
                    edges.push_back(local - window.zone->ahead_at(local + near));
            }
    }
    std::ranges::sort(edges);
    const bool now = hold(moment);
    for (const auto edge : edges)
        if (edge > moment && hold(edge) != now)
            return edge;
    return std::nullopt;
}

std::string to_text(const Times& times)
{
    std::string text;
    for (const auto& window : times.windows()) {
        if (!text.empty())
            text += " or ";
        if (window.days != Window{}.days)
            text += days_in_words(window.days) + ' ';
        text += in_words(window.from) + '-' + in_words(window.to) + ' ' + window.zone->name;
    }
    return text;
}

std::optional<std::uint8_t> parse_days(std::string_view text)
{
    const auto dash = text.find('-');
    const auto first = day_called(text.substr(0, dash));
    const auto last = dash == text.npos ? first : day_called(text.substr(dash + 1));
    if (!first || !last)
        return std::nullopt;
    std::uint8_t days = 0;
    for (auto day = *first;; day = (day + 1) % 7) {
        days = static_cast<std::uint8_t>(days | 1U << day);
        if (day == *last)
            return days;
    }
}

std::optional<Hours> parse_hours(std::string_view text)
{
    if (text.size() != 11 || text[5] != '-')
        return std::nullopt;
    const auto from = time_of_day(text.substr(0, 5));
    const auto to = time_of_day(text.substr(6));
    if (!from || !to || *from == *to || *from == whole_day || *to == minutes{0})
        return std::nullopt;
    return Hours{*from, *to};
}

}  // namespace adit::policy
