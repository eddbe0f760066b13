#include "src/platform/time_zones.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string_view>
#include <vector>

#include <date/tz.h>

#include "src/platform/system.hpp"

namespace adit::platform {
namespace {

using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using std::chrono::year;

constexpr year last_year{2099};

// A moment of each year by the clocks of a place, like 02:00 on the last Sunday of March.
struct Yearly {
    std::chrono::month month{};
    unsigned week = 0;  // 5: the last
    std::chrono::weekday day{};
    seconds time{};  // from midnight; may be negative, and longer than a day

    // Local time, written as if it were UTC.
    sys_seconds in(year when) const
    {
        const auto date = week == 5 ? sys_days{when / month / day[std::chrono::last]}
                                    : sys_days{when / month / day[week]};
        return date + time;
    }
};

// What holds behind the moments that the file of a zone lists one by one.
struct Rule {
    seconds standard{};  // ahead of UTC
    seconds summer{};
    Yearly begins;  // summer time, by standard time
    Yearly ends;    // by summer time
};

// "CET-1CEST,M3.5.0,M10.5.0/3" (RFC 8536 §3.3). Of the forms of a day only the one that is in use is
// known; what is not understood reads as no rule.
class RuleText {
public:
    explicit RuleText(std::string_view text) : rest_{text} {}

    std::optional<Rule> read()
    {
        Rule rule;
        const bool understood = skip_name() && take_behind_utc(rule.standard) && skip_name() &&
                                take_summer(rule) && take_day(rule.begins) && take_day(rule.ends) &&
                                rest_.empty();
        return understood ? std::optional{rule} : std::nullopt;
    }

private:
    bool skip(char c)
    {
        const bool there = rest_.starts_with(c);
        rest_.remove_prefix(there ? 1 : 0);
        return there;
    }

    bool skip_name()
    {
        const bool bracketed = rest_.starts_with('<');
        const auto end = bracketed ? rest_.find('>') : rest_.find_first_of("+-,0123456789");
        if (end == rest_.npos || end == 0)
            return false;
        rest_.remove_prefix(end + (bracketed ? 1 : 0));
        return true;
    }

    bool take(unsigned& number)
    {
        const auto read = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
        rest_.remove_prefix(static_cast<std::size_t>(read.ptr - rest_.data()));
        return read.ec == std::errc{};
    }

    // "3", "-1", "+03:30"
    bool take_time(seconds& time)
    {
        const bool negative = skip('-');
        if (!negative)
            (void)skip('+');
        unsigned hours = 0;
        unsigned minutes = 0;
        unsigned rest = 0;
        if (!take(hours) || (skip(':') && !take(minutes)) || (skip(':') && !take(rest)))
            return false;
        time = std::chrono::hours{hours} + std::chrono::minutes{minutes} + seconds{rest};
        if (negative)
            time = -time;
        return true;
    }

    // The text counts to the west.
    bool take_behind_utc(seconds& ahead)
    {
        const bool there = take_time(ahead);
        ahead = -ahead;
        return there;
    }

    bool take_summer(Rule& rule)
    {
        rule.summer = rule.standard + std::chrono::hours{1};
        return rest_.starts_with(',') || take_behind_utc(rule.summer);
    }

    // ",M3.5.0/2": month, week and day of the week, and the time if it is not two
    bool take_day(Yearly& moment)
    {
        unsigned month = 0;
        unsigned day = 0;
        if (!skip(',') || !skip('M') || !take(month) || !skip('.') || !take(moment.week) ||
            !skip('.') || !take(day))
            return false;
        moment.month = std::chrono::month{month};
        moment.day = std::chrono::weekday{day};
        moment.time = std::chrono::hours{2};
        if (skip('/') && !take_time(moment.time))
            return false;
        return moment.month.ok() && moment.week >= 1 && moment.week <= 5 && day <= 6;
    }

    std::string_view rest_;
};

// The last line of a zone's file, which the library does not read.
std::string rule_of(const std::string& name)
{
    const auto file = read_regular_file("/usr/share/zoneinfo/" + name);
    if (!file || !file->ends_with('\n') || file->size() < 2)
        return {};
    const auto begin = file->rfind('\n', file->size() - 2) + 1;
    return file->substr(begin, file->size() - 1 - begin);
}

// Gives the last of the moments that the file lists.
sys_seconds add_listed(const date::time_zone& listed, policy::Zone& zone)
{
    for (sys_seconds moment{};;) {
        const auto info = listed.get_info(moment);
        if (zone.shifts.empty() || zone.shifts.back().ahead != info.offset)
            zone.shifts.push_back({moment, info.offset});
        if (info.end <= moment || info.end > sys_days{last_year / 12 / 31})
            return moment;
        moment = info.end;
    }
}

void add_by_rule(const Rule& rule, sys_seconds behind, policy::Zone& zone)
{
    std::vector<policy::Shift> shifts;
    const std::chrono::year_month_day first{std::chrono::floor<std::chrono::days>(behind)};
    for (auto when = first.year(); when <= last_year; ++when) {
        shifts.push_back({rule.begins.in(when)-rule.standard, rule.summer});
        shifts.push_back({rule.ends.in(when)-rule.summer, rule.standard});
    }
    std::ranges::sort(shifts, {}, &policy::Shift::from);
    for (const auto& shift : shifts)
        if (shift.from > behind && shift.ahead != zone.shifts.back().ahead)
            zone.shifts.push_back(shift);
}

}  // namespace

std::optional<policy::Zone> find_zone(const std::string& name)
{
    policy::Zone zone{name, {}};
    try {
        const auto last = add_listed(*date::locate_zone(name), zone);
        if (const auto rule = RuleText{rule_of(name)}.read())
            add_by_rule(*rule, last, zone);
    } catch (const std::runtime_error&) {
        return std::nullopt;
    }
    return zone;
}

}  // namespace adit::platform
