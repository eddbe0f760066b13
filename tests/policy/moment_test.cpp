#include "policy/moment.hpp"

#include <doctest/doctest.h>

namespace adit::policy {
namespace {

using namespace std::chrono;

TEST_CASE("an instant is a date, a time and an offset")
{
    const auto evening = sys_days{2027y / January / 31} + 18h;
    CHECK(parse_instant("2027-01-31T18:00:00Z") == evening);
    CHECK(parse_instant("2027-01-31T20:00:00+02:00") == evening);
    CHECK(parse_instant("2027-01-31T12:30:00-05:30") == evening);
    CHECK(parse_instant("2028-02-29T00:00:01Z") == sys_days{2028y / February / 29} + 1s);
}

TEST_CASE("anything that merely resembles an instant is none")
{
    for (const auto* text :
         {"", "2027-01-31", "2027-01-31T18:00Z", "2027-01-31T18:00:00", "2027-01-31 18:00:00Z",
          "2027-02-29T00:00:00Z", "2027-13-01T00:00:00Z", "2027-01-31T24:00:00Z",
          "2027-01-31T18:60:00Z", "2027-01-31T18:00:60Z", "2027-01-31T18:00:00.5Z",
          "2027-01-31T18:00:00z", "2027-01-31T18:00:00+2:00", "2027-01-31T18:00:00+24:00",
          "2027-01-31T18:00:00Zx", "2027-01-31T18:00:00+02:00Z", "27-01-31T18:00:00Z"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_instant(text));
    }
}

TEST_CASE("a day ends when the next one begins, in UTC")
{
    CHECK(parse_end_of_day("2027-01-31") == sys_days{2027y / February / 1});
    CHECK(parse_end_of_day("2028-02-28") == sys_days{2028y / February / 29});
    for (const auto* text :
         {"", "2027-02-29", "2027-00-10", "2027-1-31", "2027-01-31 ", "tomorrow"})
        CHECK_FALSE(parse_end_of_day(text));
}

TEST_CASE("a moment is written so that it can be read again")
{
    for (const auto* text : {"2027-01-31T18:00:00Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
                             "0001-02-03T04:05:06Z"}) {
        const auto moment = parse_instant(text);
        REQUIRE(moment);
        CHECK(to_text(*moment) == text);
    }
}

}  // namespace
}  // namespace adit::policy
