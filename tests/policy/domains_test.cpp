#include "policy/domains.hpp"

#include <doctest/doctest.h>

#include "tests/policy/judging.hpp"

using namespace adit::policy;
using adit::policy::testing::hosts;

namespace {

bool holds(const HostSet& set, std::string_view host)
{
    const auto parsed = adit::protocols::parse_host(host);
    REQUIRE(parsed.has_value());
    return set.contains(*parsed);
}

}  // namespace

TEST_CASE("an exact host entry is that name alone")
{
    const auto set = hosts({"github.com"});
    CHECK(holds(set, "github.com"));
    CHECK_FALSE(holds(set, "www.github.com"));
    CHECK_FALSE(holds(set, "notgithub.com"));
    CHECK_FALSE(holds(set, "github.com.evil.net"));
    CHECK_FALSE(holds(set, "com"));
}

TEST_CASE("a *.suffix entry holds names of any depth below it, but not the suffix itself")
{
    const auto set = hosts({"*.github.com"});
    CHECK(holds(set, "www.github.com"));
    CHECK(holds(set, "a.b.c.github.com"));
    CHECK_FALSE(holds(set, "github.com"));
    CHECK_FALSE(holds(set, "notgithub.com"));
    CHECK_FALSE(holds(set, "www.github.com.evil.net"));
}

TEST_CASE("a suffix of one label holds every name below it")
{
    const auto set = hosts({"*.lan"});
    CHECK(holds(set, "printer.lan"));
    CHECK_FALSE(holds(set, "lan"));
    CHECK_FALSE(holds(set, "printer.wlan"));
}

TEST_CASE("the letters' case and one trailing dot of the requested name do not matter")
{
    const auto set = hosts({"github.com", "*.lan"});
    CHECK(holds(set, "GitHub.COM."));
    CHECK(holds(set, "Printer.LAN."));
}

TEST_CASE("a star holds every name")
{
    const auto set = hosts({"*"});
    CHECK(set.any());
    CHECK(holds(set, "localhost"));
    CHECK(holds(set, "a.b.c"));
}

TEST_CASE("an address literal matches no host entry, not even a star")
{
    const auto set = hosts({"*", "*.1"});
    CHECK_FALSE(holds(set, "10.0.0.1"));
    CHECK_FALSE(holds(set, "2001:db8::1"));
    CHECK_FALSE(holds(set, "::ffff:10.0.0.1"));
}

TEST_CASE("an empty set of hosts holds none")
{
    CHECK(HostSet{}.empty());
    CHECK_FALSE(holds(HostSet{}, "github.com"));
}

TEST_CASE("one set of hosts takes in another")
{
    auto set = hosts({"a.example"});
    set.add(hosts({"b.example", "*.c.example"}));
    CHECK(holds(set, "a.example"));
    CHECK(holds(set, "b.example"));
    CHECK(holds(set, "x.c.example"));
    CHECK_FALSE(set.any());
    set.add(hosts({"*"}));
    CHECK(set.any());
    CHECK_FALSE(set.empty());
}

TEST_CASE("what is added to a copy is not in the other one")
{
    const auto list = hosts({"a.example"});
    HostSet rule;
    rule.add(list);
    rule.add_exact("b.example");
    auto other = rule;
    other.add(hosts({"*.c.example"}));
    CHECK_FALSE(holds(list, "b.example"));
    CHECK(holds(rule, "a.example"));
    CHECK_FALSE(holds(rule, "x.c.example"));
    CHECK(holds(other, "b.example"));
    CHECK(holds(other, "x.c.example"));
}
