#include "policy/moment.hpp"

#include <algorithm>

namespace adit::policy {

namespace {

using namespace std::chrono;

// A number of exactly `length` digits at `from`; empty when there is none.
std::optional<unsigned> digits(std::string_view text, std::size_t from, std::size_t length)
{
    if (from + length > text.size())
        return std::nullopt;
    unsigned number = 0;
    for (const char c : text.substr(from, length)) {
        if (c < '0' || c > '9')
            return std::nullopt;
        number = number * 10 + static_cast<unsigned>(c - '0');
    }
    return number;
}

bool has(std::string_view text, std::size_t at, char c)
{
    return at < text.size() && text[at] == c;
}

// "2027-01-31" at the beginning of the text.
std::optional<sys_days> day_of(std::string_view text)
{
    const auto y = digits(text, 0, 4);
    const auto m = digits(text, 5, 2);
    const auto d = digits(text, 8, 2);
    if (!y || !m || !d || !has(text, 4, '-') || !has(text, 7, '-'))
        return std::nullopt;
    const year_month_day date{year{static_cast<int>(*y)}, month{*m}, day{*d}};
    return date.ok() ? std::optional{sys_days{date}} : std::nullopt;
}

// "18:00" at `from`.
std::optional<minutes> hours_and_minutes(std::string_view text, std::size_t from)
{
    const auto h = digits(text, from, 2);
    const auto m = digits(text, from + 3, 2);
    if (!h || !m || !has(text, from + 2, ':') || *h > 23 || *m > 59)
        return std::nullopt;
    return hours{*h} + minutes{*m};
}

// "Z" or "+02:00", the whole rest of the text.
std::optional<minutes> offset_of(std::string_view text)
{
    if (text == "Z")
        return minutes{0};
    const auto offset = hours_and_minutes(text, 1);
    if (text.size() != 6 || !offset || (text[0] != '+' && text[0] != '-'))
        return std::nullopt;
    return text[0] == '+' ? *offset : -*offset;
}

void append(std::string& text, unsigned number, std::size_t width)
{
    const auto written = std::to_string(number);
    text.append(width - std::min(width, written.size()), '0') += written;
}

}  // namespace

std::optional<sys_seconds> parse_instant(std::string_view text)
{
    const auto date = day_of(text);
    const auto time = hours_and_minutes(text, 11);
    const auto second = digits(text, 17, 2);
    if (!date || !time || !second || !has(text, 10, 'T') || !has(text, 16, ':') || *second > 59)
        return std::nullopt;
    const auto offset = offset_of(text.substr(19));
    if (!offset)
        return std::nullopt;
    return *date + *time + seconds{*second} - *offset;
}

std::optional<sys_seconds> parse_end_of_day(std::string_view text)
{
    const auto date = day_of(text);
    if (!date || text.size() != 10)
        return std::nullopt;
    return *date + days{1};
}

std::string to_text(sys_seconds moment)
{
    const auto midnight = floor<days>(moment);
    const year_month_day date{midnight};
    const hh_mm_ss time{moment - midnight};
    std::string text;
    append(text, static_cast<unsigned>(static_cast<int>(date.year())), 4);
    append(text += '-', static_cast<unsigned>(date.month()), 2);
    append(text += '-', static_cast<unsigned>(date.day()), 2);
    append(text += 'T', static_cast<unsigned>(time.hours().count()), 2);
    append(text += ':', static_cast<unsigned>(time.minutes().count()), 2);
    append(text += ':', static_cast<unsigned>(time.seconds().count()), 2);
    return text += 'Z';
}

}  // namespace adit::policy
