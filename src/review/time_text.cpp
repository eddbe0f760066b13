#include "src/review/time_text.hpp"

#include <fmt/format.h>

namespace adit::review {
namespace {

using namespace std::chrono;

// Reads from the front; what does not fit makes the whole unreadable.
class Digits {
public:
    explicit Digits(std::string_view text) : rest_{text} {}

    unsigned number(std::size_t digits)
    {
        unsigned value = 0;
        for (std::size_t i = 0; i < digits; ++i) {
            if (rest_.empty() || rest_.front() < '0' || rest_.front() > '9') {
                good_ = false;
                return 0;
            }
            value = value * 10 + static_cast<unsigned>(rest_.front() - '0');
            rest_.remove_prefix(1);
        }
        return value;
    }
    void expect(char c)
    {
        if (rest_.starts_with(c))
            rest_.remove_prefix(1);
        else
            good_ = false;
    }
    bool next_is(char c) const { return rest_.starts_with(c); }
    bool at_end() const { return rest_.empty(); }
    bool good() const { return good_; }

private:
    std::string_view rest_;
    bool good_ = true;
};

// One to three digits behind the point.
milliseconds fraction(Digits& digits)
{
    milliseconds sum{0};
    digits.expect('.');
    unsigned weight = 100;
    do {
        sum += milliseconds{digits.number(1) * weight};
        weight /= 10;
    } while (digits.good() && weight > 0 && !digits.next_is('Z'));
    return sum;
}

}  // namespace

std::optional<Time> parse_time(std::string_view text)
{
    Digits digits{text};
    const year year{static_cast<int>(digits.number(4))};
    digits.expect('-');
    const month month{digits.number(2)};
    digits.expect('-');
    const year_month_day date{year, month, day{digits.number(2)}};
    if (!digits.good() || !date.ok())
        return std::nullopt;
    Time time = sys_days{date};
    if (digits.at_end())
        return time;

    digits.expect('T');
    const auto hour = digits.number(2);
    digits.expect(':');
    const auto minute = digits.number(2);
    digits.expect(':');
    const auto second = digits.number(2);
    time += hours{hour} + minutes{minute} + seconds{second};
    if (digits.next_is('.'))
        time += fraction(digits);
    digits.expect('Z');
    if (!digits.good() || !digits.at_end() || hour > 23 || minute > 59 || second > 59)
        return std::nullopt;
    return time;
}

std::string to_text(Time time)
{
    const auto day = floor<days>(time);
    const year_month_day date{day};
    const auto rest = duration_cast<seconds>(time - day).count();
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       rest / 3600, rest / 60 % 60, rest % 60);
}

}  // namespace adit::review
