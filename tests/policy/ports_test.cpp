#include "policy/ports.hpp"

#include <doctest/doctest.h>

#include "tests/policy/judging.hpp"

using namespace adit::policy;
using adit::policy::testing::ports;
using Ranges = std::vector<PortRange>;

TEST_CASE("a port range holds both of its ends and nothing beside them")
{
    const auto set = ports({{8443, 8449}});
    CHECK(set.contains(8443));
    CHECK(set.contains(8446));
    CHECK(set.contains(8449));
    CHECK_FALSE(set.contains(8442));
    CHECK_FALSE(set.contains(8450));
}

TEST_CASE("a set of ports holds the first and the last port there is")
{
    const auto set = ports({{1, 1}, {65535, 65535}});
    CHECK(set.contains(1));
    CHECK(set.contains(65535));
    CHECK_FALSE(set.contains(2));
    CHECK_FALSE(set.contains(65534));
}

TEST_CASE("an empty set of ports holds none")
{
    CHECK_FALSE(PortSet{}.contains(443));
}

TEST_CASE("port ranges are kept sorted, and those that overlap or touch become one")
{
    CHECK(ports({{443, 443}, {22, 22}}).ranges() == Ranges{{22, 22}, {443, 443}});
    CHECK(ports({{10, 20}, {15, 30}}).ranges() == Ranges{{10, 30}});
    CHECK(ports({{10, 20}, {21, 30}}).ranges() == Ranges{{10, 30}});
    CHECK(ports({{1, 100}, {40, 50}}).ranges() == Ranges{{1, 100}});
    CHECK(ports({{10, 10}, {30, 30}, {5, 40}}).ranges() == Ranges{{5, 40}});
    CHECK(ports({{65535, 65535}, {1, 65535}}).ranges() == Ranges{{1, 65535}});
}

TEST_CASE("every port is answered the same however its set was put together")
{
    const auto set = ports({{80, 80}, {1000, 2000}, {22, 25}, {2001, 2001}, {1500, 1600}});
    for (unsigned port = 1; port <= 65535; ++port) {
        const bool wanted =
            port == 80 || (port >= 1000 && port <= 2001) || (port >= 22 && port <= 25);
        if (set.contains(static_cast<std::uint16_t>(port)) != wanted)
            FAIL(port);
    }
}
