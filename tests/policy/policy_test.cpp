#include "policy/policy.hpp"

#include <doctest/doctest.h>

#include "tests/policy/judging.hpp"

using namespace adit::policy;
using namespace adit::policy::testing;

TEST_CASE("a policy without rules denies everything")
{
    const auto decision = judge(Policy{}, {"h.example:443", "8.8.8.8"});
    CHECK(decision.refused());
    CHECK(decision.reason == Reason::no_rule);
    CHECK(decision.rule == nullptr);
    CHECK(by_name(Policy{}, "h.example:443").has_value());
}

TEST_CASE("the first rule that matches decides, and is named")
{
    const auto rules = policy(
        {deny("no mail").to_ports({25}), allow("web").to_ports({25, 443}), deny("nothing else")});
    const auto mail = judge(rules, {"h.example:25", "8.8.8.8"});
    CHECK(mail.refused());
    CHECK(mail.rule_name() == "no mail");
    CHECK(mail.reason == Reason::rule);
    const auto web = judge(rules, {"h.example:443", "8.8.8.8"});
    CHECK(web.allowed());
    CHECK(web.rule_name() == "web");
    CHECK(web.reason == Reason::rule);
    CHECK(web.near == nullptr);
    CHECK(judge(rules, {"h.example:22", "8.8.8.8"}).rule_name() == "nothing else");
}

TEST_CASE("what no rule matches is denied")
{
    const auto decision =
        judge(policy({allow("web").to_ports({443})}), {"h.example:22", "8.8.8.8"});
    CHECK(decision.refused());
    CHECK(decision.reason == Reason::no_rule);
    CHECK(decision.rule_name().empty());
}

TEST_CASE("a decision points at the rule inside the policy")
{
    const auto rules = policy({allow("web")});
    CHECK(judge(rules, {"h.example:443", "8.8.8.8"}).rule == rules.rules().data());
}

TEST_CASE("the unspecified address and broadcast are refused before any rule is asked")
{
    const auto rules = policy({allow("all").to_networks(
        {"0.0.0.0/0", "::/0", "reserved", "0.0.0.0", "::", "255.255.255.255", "loopback"})});
    for (const auto* address : {"0.0.0.0", "::", "255.255.255.255", "::ffff:0.0.0.0",
                                "64:ff9b::", "64:ff9b::ffff:ffff"}) {
        CAPTURE(address);
        const auto decision = judge(rules, {"h.example:443", address});
        CHECK(decision.refused());
        CHECK(decision.reason == Reason::bad_destination);
        CHECK(decision.rule == nullptr);
        CHECK_FALSE(decision.needs_login);
    }
}

TEST_CASE("the gateway's own listeners are refused before any rule is asked")
{
    Surroundings around;
    around.own_addresses = {at("10.0.0.7")};
    around.listeners = {{at("0.0.0.0"), 1080}};
    const auto rules = policy({allow("all").to_networks({"self", "loopback", "127.0.0.1"})});
    for (const auto* own : {"10.0.0.7", "127.0.0.1", "127.3.2.1", "::1", "64:ff9b::7f00:1"}) {
        CAPTURE(own);
        const auto loop = judge(rules, {"h.example:1080", own}, around);
        CHECK(loop.refused());
        CHECK(loop.reason == Reason::own_listener);
        CHECK(loop.rule == nullptr);
        CHECK(judge(rules, {"h.example:22", own}, around).allowed());
    }
}

TEST_CASE("a refusal names the first allow that failed only because the address is not public")
{
    const auto rules = policy({allow("mail").to_ports({25}), allow("web").to_ports({443}),
                               allow("all"), allow("db").to_networks({"10.8.0.0/16"})});
    const auto decision = judge(rules, {"h.example:443", "10.0.0.5"});
    CHECK(decision.refused());
    CHECK(decision.reason == Reason::internal_address);
    CHECK(decision.near_name() == "web");
    CHECK(decision.rule == nullptr);
}

TEST_CASE("an allow that failed by the networks it names does not come near")
{
    const auto rules =
        policy({allow("db").to_networks({"10.8.0.0/16"}), allow("public").to_networks({"public"})});
    const auto decision = judge(rules, {"h.example:443", "10.0.0.5"});
    CHECK(decision.reason == Reason::no_rule);
    CHECK(decision.near == nullptr);
}

TEST_CASE("an allow below the deny that decided does not come near")
{
    const auto rules = policy({deny("nothing"), allow("web")});
    const auto decision = judge(rules, {"h.example:443", "10.0.0.5"});
    CHECK(decision.rule_name() == "nothing");
    CHECK(decision.near == nullptr);
}

TEST_CASE("an allowed request names no near rule")
{
    const auto rules = policy({allow("web"), allow("db").to_networks({"private"})});
    const auto decision = judge(rules, {"h.example:443", "10.0.0.5"});
    CHECK(decision.allowed());
    CHECK(decision.rule_name() == "db");
    CHECK(decision.near == nullptr);
}

TEST_CASE("an allow whose networks lack the address leaves the question to the next rule")
{
    const auto rules =
        policy({allow("db").to_networks({"10.8.0.0/16"}), allow("rest").to_networks({"private"})});
    CHECK(judge(rules, {"h.example:443", "10.8.0.5"}).rule_name() == "db");
    CHECK(judge(rules, {"h.example:443", "10.9.0.5"}).rule_name() == "rest");
}

TEST_CASE("a deny by hosts does not stop the address literal")
{
    const auto rules = policy({deny("evil").to_hosts({"*"}), allow("web")});
    CHECK(judge(rules, {"evil.example:443", "8.8.8.8"}).refused());
    CHECK(judge_literal(rules, "8.8.8.8:443").allowed());
}

TEST_CASE("before DNS a name is refused when only denies could decide")
{
    const auto rules =
        policy({deny("internal").to_networks({"private"}), deny("evil").to_hosts({"evil.example"}),
                allow("web").to_ports({443})});
    const auto evil = by_name(rules, "evil.example:443");
    REQUIRE(evil.has_value());
    CHECK(evil->rule_name() == "evil");
    CHECK(evil->reason == Reason::rule);
    const auto port = by_name(rules, "h.example:22");
    REQUIRE(port.has_value());
    CHECK(port->rule == nullptr);
    CHECK(port->reason == Reason::no_rule);
    CHECK(port->near == nullptr);
    CHECK_FALSE(by_name(rules, "h.example:443").has_value());
}

TEST_CASE("before DNS nothing is allowed, and an allow above a deny by name keeps the query")
{
    const auto rules = policy({allow("db").to_networks({"10.8.0.0/16"}).to_ports({443}),
                               deny("evil").to_hosts({"evil.example"})});
    CHECK_FALSE(by_name(rules, "evil.example:443").has_value());
    CHECK(by_name(rules, "evil.example:22").has_value());
}

TEST_CASE("an allow whose network list is empty does not keep the query")
{
    CHECK(by_name(policy({allow("none").to_networks({})}), "h.example:443").has_value());
}

TEST_CASE("an address literal is judged at once, its refusal is the whole answer")
{
    const auto rules = policy({allow("web").to_ports({443})});
    CHECK_FALSE(by_name(rules, "8.8.8.8:443").has_value());
    const auto inner = by_name(rules, "10.0.0.1:443");
    REQUIRE(inner.has_value());
    CHECK(inner->reason == Reason::internal_address);
    CHECK(inner->near_name() == "web");
    const auto nowhere = by_name(rules, "0.0.0.0:443");
    REQUIRE(nowhere.has_value());
    CHECK(nowhere->reason == Reason::bad_destination);
}

TEST_CASE("where nobody is refused and a user might not be, a login is needed")
{
    const auto rules = policy({allow("ops").for_users({"alice"}).to_ports({22}),
                               allow("staff").for_users({"*"}).to_ports({443})});
    CHECK(judge(rules, {"h.example:22", "8.8.8.8"}).needs_login);
    CHECK(judge(rules, {"h.example:443", "8.8.8.8"}).needs_login);
    CHECK_FALSE(judge(rules, {"h.example:25", "8.8.8.8"}).needs_login);
    CHECK_FALSE(judge(rules, {"h.example:443", "10.0.0.1"}).needs_login);
    REQUIRE(by_name(rules, "h.example:443").has_value());
    CHECK(by_name(rules, "h.example:443")->needs_login);
    CHECK_FALSE(by_name(rules, "h.example:25")->needs_login);
}

TEST_CASE("a login is not asked for where every user would be refused as well")
{
    const auto rules = policy({deny("no one").for_users({"*"}), allow("ops").for_users({"alice"})});
    CHECK_FALSE(judge(rules, {"h.example:22", "8.8.8.8"}).needs_login);
    CHECK_FALSE(by_name(rules, "h.example:22")->needs_login);
}

TEST_CASE("a login is asked for where a deny names only some of the users")
{
    const auto rules =
        policy({deny("not bob").for_users({"bob"}), allow("staff").for_users({"*"})});
    CHECK(judge(rules, {"h.example:22", "8.8.8.8"}).needs_login);
}

TEST_CASE("a user who is refused is not asked to log in again")
{
    const auto rules = policy({allow("ops").for_users({"alice"})});
    const auto decision = judge(rules, {"h.example:22", "8.8.8.8", user("bob")});
    CHECK(decision.refused());
    CHECK_FALSE(decision.needs_login);
}

TEST_CASE("an allowed request needs no login")
{
    CHECK_FALSE(judge(policy({allow("all")}), {"h.example:443", "8.8.8.8"}).needs_login);
}

TEST_CASE("a request is judged for some user by allowing what any user might be allowed")
{
    auto someone = nobody();
    someone.unknown.add(Fact::user);
    const auto rules = policy({allow("ops").for_users({"alice"}).to_ports({22}),
                               deny("all").to_ports({22}), allow("web").to_ports({443})});
    CHECK(judge(rules, {"h.example:22", "8.8.8.8", someone}).rule_name() == "ops");
    CHECK(judge(rules, {"h.example:443", "8.8.8.8", someone}).allowed());
    CHECK(judge(rules, {"h.example:25", "8.8.8.8", someone}).refused());
}

TEST_CASE("judged for some user, the first rule that might allow is named and no login asked for")
{
    auto someone = nobody();
    someone.unknown.add(Fact::user);
    const auto rules = policy({deny("not bob").for_users({"bob"}),
                               allow("ops").for_users({"alice"}), allow("web").to_ports({443})});
    const auto maybe = judge(rules, {"h.example:443", "8.8.8.8", someone});
    CHECK(maybe.rule_name() == "ops");
    CHECK_FALSE(maybe.needs_login);
    const auto inner = judge(rules, {"h.example:443", "10.0.0.1", someone});
    CHECK(inner.refused());
    CHECK(inner.near_name() == "web");
    CHECK_FALSE(inner.needs_login);
}

TEST_CASE("each address of a name is judged by itself")
{
    const auto rules = policy({deny("test net").to_networks({"198.41.0.0/24"}),
                               allow("inner").to_networks({"10.0.0.0/8"}), allow("web")});
    CHECK(judge(rules, {"h.example:443", "198.41.0.4"}).rule_name() == "test net");
    CHECK(judge(rules, {"h.example:443", "10.0.0.1"}).rule_name() == "inner");
    CHECK(judge(rules, {"h.example:443", "8.8.8.8"}).rule_name() == "web");
}

TEST_CASE("hosts behind NAT64 are as public as they are in IPv4")
{
    Surroundings around;
    around.nat64 = {network("2001:db8:64::/96")};
    const auto rules = policy({allow("web")});
    CHECK(judge(rules, {"h.example:443", "64:ff9b::808:808"}).allowed());
    CHECK(judge(rules, {"h.example:443", "2001:db8:64::808:808"}, around).allowed());
    CHECK(judge(rules, {"h.example:443", "2001:db8:64::a00:1"}, around).reason ==
          Reason::internal_address);
    CHECK(judge(rules, {"h.example:443", "2001:db8:64::808:808"}).refused());
}
