#include "policy/duration.hpp"

#include <doctest/doctest.h>

namespace adit::policy {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

TEST_CASE("a duration is a whole number and a unit")
{
    CHECK(parse_duration("500ms") == 500ms);
    CHECK(parse_duration("10s") == milliseconds{10s});
    CHECK(parse_duration("5m") == milliseconds{5min});
    CHECK(parse_duration("1h") == milliseconds{1h});
    CHECK(parse_duration("7d") == milliseconds{168h});
    CHECK(parse_duration("0s") == 0ms);
    CHECK(parse_duration("999999999d") == milliseconds{999'999'999LL * 86'400'000});
}

TEST_CASE("anything else is no duration")
{
    for (const auto* text : {"", "10", "s", "10 s", "1.5s", "-1s", "+1s", "1h30m", "10S", "10sec",
                             "10s ", " 10s", "1000000000s", "0x10s"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_duration(text).has_value());
    }
}

TEST_CASE("a duration is told in the largest unit that fits")
{
    CHECK(to_text(10ms) == "10ms");
    CHECK(to_text(10s) == "10s");
    CHECK(to_text(90s) == "90s");
    CHECK(to_text(2h) == "2h");
    CHECK(to_text(48h) == "2d");
    CHECK(to_text(0ms) == "0s");
}

}  // namespace
}  // namespace adit::policy
