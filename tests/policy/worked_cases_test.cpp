// The worked cases of the manual, one test for each.
#include <doctest/doctest.h>

#include "tests/policy/judging.hpp"

using namespace adit::policy;
using namespace adit::policy::testing;

namespace {

// "1 allow ports 443; 2 allow users @ops networks 10.8/16 ports 443", where ops has one member.
Policy web_and_databases()
{
    return policy({allow("1").to_ports({443}),
                   allow("2").for_users({"olga"}).to_networks({"10.8.0.0/16"}).to_ports({443})});
}

void looked_up(const Policy& rules, std::string_view authority, const Subject& by = nobody())
{
    CHECK_FALSE(by_name(rules, authority, by).has_value());
}

void refused_without_dns(const Policy& rules, std::string_view authority, std::string_view rule)
{
    const auto decision = by_name(rules, authority);
    REQUIRE(decision.has_value());
    CHECK(decision->refused());
    CHECK(decision->rule_name() == rule);
}

}  // namespace

TEST_CASE("a public-only allow lets a later rule allow the inner address")
{
    const auto rules = web_and_databases();
    looked_up(rules, "db.corp:443", user("olga"));
    const auto decision = judge(rules, {"db.corp:443", "10.8.1.1", user("olga")});
    CHECK(decision.allowed());
    CHECK(decision.rule_name() == "2");
}

TEST_CASE("a user outside the group is told of the internal address and the rule that came near")
{
    const auto rules = web_and_databases();
    const auto decision = judge(rules, {"db.corp:443", "10.8.1.1", user("bob")});
    CHECK(decision.refused());
    CHECK(decision.reason == Reason::internal_address);
    CHECK(decision.near_name() == "1");
    CHECK(decision.rule == nullptr);
}

TEST_CASE("a deny that decides for an internal address names the rule that came near")
{
    const auto rules = policy({allow("1").to_ports({443}), deny("2")});
    const auto decision = judge(rules, {"x.example:443", "10.0.0.5"});
    CHECK(decision.refused());
    CHECK(decision.reason == Reason::rule);
    CHECK(decision.rule_name() == "2");
    CHECK(decision.near_name() == "1");
}

TEST_CASE("a deny by name below an allow that waits for the address does not spare the query")
{
    const auto rules = policy({allow("1").to_networks({"10.8.0.0/16"}).to_ports({5432}),
                               deny("2").to_hosts({"evil.com"})});
    looked_up(rules, "evil.com:5432");
    CHECK(judge(rules, {"evil.com:5432", "10.8.0.1"}).rule_name() == "1");
    CHECK(judge(rules, {"evil.com:5432", "8.8.8.8"}).rule_name() == "2");
}

TEST_CASE("a deny by name above the allows is answered without DNS")
{
    const auto rules = policy({deny("1").to_hosts({"evil.com"}), allow("2").to_ports({443})});
    refused_without_dns(rules, "evil.com:443", "1");
}

TEST_CASE("of a name's addresses the denied is dropped and the allowed is dialled")
{
    const auto rules = policy({deny("1").to_networks({"192.0.2.0/24"}),
                               allow("2").to_hosts({"h.example"}).to_ports({443})});
    looked_up(rules, "h.example:443");
    const auto dropped = judge(rules, {"h.example:443", "192.0.2.1"});
    CHECK(dropped.refused());
    CHECK(dropped.rule_name() == "1");
    const auto dialled = judge(rules, {"h.example:443", "8.8.8.8"});
    CHECK(dialled.allowed());
    CHECK(dialled.rule_name() == "2");
}

TEST_CASE("where only denies stand, a name is refused without DNS")
{
    const auto rules =
        policy({deny("1").to_networks({"10.0.0.0/8"}), deny("2").to_hosts({"*.lan"})});
    refused_without_dns(rules, "a.lan:22", "2");
}

TEST_CASE("all fields of an allow must match, the host and the network")
{
    const auto rules = policy({allow("1").to_hosts({"h.example"}).to_networks({"10.0.0.0/8"})});
    CHECK(judge(rules, {"h.example:443", "8.8.8.8"}).reason == Reason::no_rule);
    CHECK(judge(rules, {"h.example:443", "10.0.0.1"}).allowed());
    const auto both =
        policy({allow("1").to_hosts({"h.example"}).to_networks({"public", "10.0.0.0/8"})});
    CHECK(judge(both, {"h.example:443", "8.8.8.8"}).allowed());
    CHECK(judge(both, {"h.example:443", "10.0.0.1"}).allowed());
}

TEST_CASE("a deny by name above an allow of private addresses decides")
{
    const auto rules =
        policy({deny("1").to_hosts({"evil.com"}), allow("2").to_networks({"private"})});
    refused_without_dns(rules, "evil.com:443", "1");
    CHECK(judge(rules, {"evil.com:443", "10.0.0.9"}).rule_name() == "1");
}

TEST_CASE("an allow by name does not let the address literal in")
{
    const auto rules = policy({allow("1").to_hosts({"github.com"})});
    const auto decision = judge_literal(rules, "140.82.121.3:443");
    CHECK(decision.refused());
    CHECK(decision.reason == Reason::no_rule);
    CHECK(by_name(rules, "140.82.121.3:443").has_value());
}

TEST_CASE("an allow of every network reaches loopback, but neither metadata nor the gateway")
{
    Surroundings around;
    around.own_addresses = {at("203.0.113.7"), at("10.0.0.7")};
    const auto rules = policy({allow("1").to_networks({"0.0.0.0/0", "::/0"})});
    CHECK(judge_literal(rules, "169.254.169.254:80", nobody(), around).refused());
    CHECK(judge_literal(rules, "203.0.113.7:22", nobody(), around).refused());
    CHECK(judge_literal(rules, "10.0.0.7:22", nobody(), around).refused());
    CHECK(judge_literal(rules, "127.0.0.1:22", nobody(), around).allowed());
}

TEST_CASE("an allow of 10/8 sees through mapped and NAT64 addresses, but not through 6to4")
{
    const auto rules = policy({allow("1").to_networks({"10.0.0.0/8"})});
    CHECK(judge_literal(rules, "[2002:a00:1::1]:443").refused());
    CHECK(judge_literal(rules, "[::ffff:10.0.0.1]:443").allowed());
    CHECK(judge_literal(rules, "[64:ff9b::a00:1]:443").allowed());
}

TEST_CASE("a client inside 6to4 does not count as the IPv4 it carries")
{
    const auto rules = policy({allow("1").from({"10.2.0.0/16"})});
    CHECK(judge(rules, {"h.example:443", "8.8.8.8", client("2002:a02:1::9")}).refused());
    CHECK(judge(rules, {"h.example:443", "8.8.8.8", client("::ffff:10.2.0.9")}).allowed());
}

TEST_CASE("nobody is asked to log in where a group might be allowed, whatever the protocol")
{
    // The gateway turns this into 407 for CONNECT and 0x5b for SOCKS4.
    const auto rules =
        policy({allow("1").for_users({"olga"}).to_ports({22}), allow("2").to_ports({443})});
    for (const auto protocol : {Protocol::connect, Protocol::socks4}) {
        auto subject = nobody();
        subject.protocol = protocol;
        const auto before_dns = by_name(rules, "h.example:22", subject);
        REQUIRE(before_dns.has_value());
        CHECK(before_dns->needs_login);
        const auto decision = judge(rules, {"h.example:22", "8.8.8.8", subject});
        CHECK(decision.refused());
        CHECK(decision.needs_login);
    }
}

TEST_CASE("the rule of the connected address is the one that is told")
{
    const auto rules = policy({allow("1").to_hosts({"a.example"}).to_ports({443}),
                               allow("2").to_networks({"10.0.0.0/8"})});
    CHECK(judge(rules, {"a.example:443", "8.8.8.8"}).rule_name() == "1");
    CHECK(judge(rules, {"a.example:443", "10.0.0.1"}).rule_name() == "2");
}
