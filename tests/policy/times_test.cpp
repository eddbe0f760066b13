#include "policy/times.hpp"

#include <doctest/doctest.h>

#include "policy/trace.hpp"
#include "tests/policy/judging.hpp"

using namespace adit::policy;
using namespace adit::policy::testing;
using namespace std::chrono_literals;

namespace {

using std::chrono::sys_days;
using std::chrono::year;

// Central European time of 2026: summer time from 29 March 01:00 UTC to 25 October 01:00 UTC.
const sys_seconds spring = sys_days{year{2026} / 3 / 29} + 1h;
const sys_seconds autumn = sys_days{year{2026} / 10 / 25} + 1h;

std::shared_ptr<const Zone> berlin()
{
    return std::make_shared<const Zone>(
        Zone{"Europe/Berlin", {{sys_seconds{}, 1h}, {spring, 2h}, {autumn, 1h}}});
}

std::shared_ptr<const Zone> utc()
{
    return std::make_shared<const Zone>(Zone{"UTC", {{}}});
}

Window window(const char* days, const char* hours, std::shared_ptr<const Zone> zone)
{
    const auto when = *parse_hours(hours);
    return {*parse_days(days), when.from, when.to, std::move(zone)};
}

Times times(const Window& one)
{
    Times all;
    all.add(one);
    return all;
}

sys_seconds utc_at(unsigned month, unsigned day, std::chrono::minutes time)
{
    return sys_days{year{2026} / static_cast<int>(month) / static_cast<int>(day)} + time;
}

}  // namespace

TEST_CASE("a window holds from its first minute to the last one before its end, by local clocks")
{
    const auto office = window("mon-fri", "08:00-18:00", berlin());
    CHECK_FALSE(office.holds(utc_at(11, 23, 6h + 59min)));  // a Monday in winter
    CHECK(office.holds(utc_at(11, 23, 7h)));
    CHECK(office.holds(utc_at(11, 23, 16h + 59min) + 59s));
    CHECK_FALSE(office.holds(utc_at(11, 23, 17h)));
    CHECK(office.holds(utc_at(7, 6, 6h)));  // a Monday in summer
    CHECK_FALSE(office.holds(utc_at(7, 6, 16h)));
    CHECK_FALSE(office.holds(utc_at(11, 22, 12h)));  // a Sunday
    CHECK_FALSE(office.holds(utc_at(11, 28, 12h)));  // a Saturday
}

TEST_CASE("a window over midnight belongs to the day on which it begins")
{
    const auto night = window("fri", "22:00-06:00", utc());
    CHECK_FALSE(night.holds(utc_at(11, 27, 5h)));  // Friday morning
    CHECK(night.holds(utc_at(11, 27, 22h)));
    CHECK(night.holds(utc_at(11, 28, 5h + 59min)));
    CHECK_FALSE(night.holds(utc_at(11, 28, 6h)));
    CHECK_FALSE(night.holds(utc_at(11, 28, 23h)));
    CHECK(window("sat", "18:00-24:00", utc()).holds(utc_at(11, 28, 23h + 59min)));
}

TEST_CASE("what begins or ends in the hour that is skipped or repeated follows the clocks")
{
    const auto gap = window("sun", "02:30-04:00", berlin());
    CHECK_FALSE(gap.holds(spring - 1s));
    CHECK(gap.holds(spring));  // it is 03:00 at once
    CHECK(times(gap).next_change(spring - 1h) == spring);
    const auto twice = window("sun", "02:00-03:00", berlin());
    CHECK(twice.holds(autumn - 1h));
    CHECK(twice.holds(autumn + 59min));
    CHECK_FALSE(twice.holds(autumn + 1h));
    CHECK(times(twice).next_change(autumn - 1h) == autumn + 1h);
}

TEST_CASE("the next change is the first moment at which the answer is another one")
{
    const auto office = times(window("mon-fri", "08:00-18:00", berlin()));
    CHECK(office.next_change(utc_at(11, 23, 12h)) == utc_at(11, 23, 17h));
    CHECK(office.next_change(utc_at(11, 27, 17h)) == utc_at(11, 30, 7h));
    CHECK(office.next_change(utc_at(3, 27, 17h)) == utc_at(3, 30, 6h));
    CHECK_FALSE(times(window("mon-sun", "00:00-24:00", utc())).next_change(spring));
    CHECK(times(window("sun", "00:00-24:00", utc())).next_change(utc_at(11, 22, 0h)) ==
          utc_at(11, 23, 0h));
    const auto rules = policy({allow("office").at_times(office), deny("rest")});
    CHECK(rules.next_change(utc_at(11, 23, 12h)) == utc_at(11, 23, 17h));
}

TEST_CASE("a window in the hour or on the day that clocks skip is missed once, and comes back")
{
    const auto skipped = times(window("sun", "02:00-03:00", berlin()));
    const auto over = utc_at(3, 22, 2h);  // the Sunday before
    CHECK_FALSE(skipped.hold(over));
    CHECK(skipped.hold(over - 1s));
    CHECK(skipped.next_change(over) == utc_at(4, 5, 0h));
    CHECK(skipped.next_change(utc_at(4, 5, 0h)) == utc_at(4, 5, 1h));
    // Samoa went from the 29th of December 2011 to the 31st.
    const Zone samoa{"Pacific/Apia",
                     {{sys_seconds{}, -10h}, {sys_days{year{2011} / 12 / 30} + 10h, 14h}}};
    const auto friday = times(window("fri", "00:00-24:00", std::make_shared<const Zone>(samoa)));
    const sys_seconds saturday = sys_days{year{2011} / 12 / 24} + 10h;
    CHECK(friday.next_change(saturday) == sys_days{year{2012} / 1 / 5} + 10h);
}

TEST_CASE("every change of a window is found, minute by minute")
{
    for (const auto& one :
         {window("mon-fri", "08:00-18:00", berlin()), window("sat-sun", "22:15-06:45", berlin()),
          window("sun", "01:30-02:30", berlin())}) {
        const auto all = times(one);
        for (const auto around : {spring, autumn}) {
            auto next = all.next_change(around - 48h);
            for (auto moment = around - 48h + 1min; moment < around + 72h; moment += 1min) {
                const bool changes = one.holds(moment) != one.holds(moment - 1min);
                CHECK((next == moment) == changes);
                if (changes)
                    next = all.next_change(moment);
            }
        }
    }
}

TEST_CASE("days and hours are written in one way")
{
    CHECK(parse_days("sun") == 0x01);
    CHECK(parse_days("mon-fri") == 0x3E);
    CHECK(parse_days("fri-mon") == 0x63);
    CHECK(parse_days("mon-sun") == 0x7F);
    for (const auto* wrong : {"", "Mon", "monday", "mon-", "-fri", "mon-fri-sun", "1"})
        CHECK_FALSE(parse_days(wrong));
    for (const auto* wrong :
         {"", "8:00-18:00", "08:00", "08:00-08:00", "24:00-06:00", "08:00-24:01", "08:60-09:00",
          "22:00-00:00", "08.00-18.00", "+8:00-18:00"})
        CHECK_FALSE(parse_hours(wrong));
    auto all = times(window("fri-mon", "22:00-06:00", berlin()));
    all.add(window("mon-sun", "00:00-24:00", utc()));
    CHECK(to_text(all) == "mon,fri-sun 22:00-06:00 Europe/Berlin or 00:00-24:00 UTC");
}

TEST_CASE("without a time the answer of a rule that holds at times is unknown")
{
    const auto rules =
        policy({allow("office").at_times(times(window("mon", "08:00-18:00", utc())))});
    const std::vector public_address{at("8.8.8.8")};
    const auto trace = explain(rules, nobody(), target("8.8.8.8:443"), public_address, {});
    CHECK(trace.conclusion == Conclusion::undecided);
    CHECK(trace.unknown.contains(Fact::time));
    auto by = nobody();
    by.at = utc_at(11, 23, 12h);
    CHECK(judge(rules, {"x.example:443", "8.8.8.8", by}).allowed());
    by.time_of_day = utc_at(11, 24, 12h);
    CHECK(judge(rules, {"x.example:443", "8.8.8.8", by}).refused());
}
