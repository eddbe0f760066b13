#include "src/platform/time_zones.hpp"

#include <doctest/doctest.h>

using namespace adit;
using namespace std::chrono_literals;
using std::chrono::sys_days;
using std::chrono::year;

TEST_CASE("a zone of the tz database is turned into its shifts")
{
    const auto berlin = platform::find_zone("Europe/Berlin");
    REQUIRE(berlin.has_value());
    CHECK(berlin->name == "Europe/Berlin");
    CHECK(berlin->ahead_at(sys_days{year{2026} / 1 / 15}) == 1h);
    CHECK(berlin->ahead_at(sys_days{year{2026} / 7 / 15}) == 2h);
    const policy::sys_seconds spring = sys_days{year{2026} / 3 / 29} + 1h;
    CHECK(berlin->ahead_at(spring - 1s) == 1h);
    CHECK(berlin->ahead_at(spring) == 2h);
    CHECK(platform::find_zone("Asia/Kolkata")->ahead_at(spring) == 5h + 30min);
}

TEST_CASE("a name that is no zone is none")
{
    CHECK_FALSE(platform::find_zone("Europe/Atlantis"));
    CHECK_FALSE(platform::find_zone("../../etc/passwd"));
    CHECK_FALSE(platform::find_zone(""));
}
