// Rules that only observe, policies that only observe, and rules that end.
#include <doctest/doctest.h>

#include "tests/policy/judging.hpp"

namespace adit::policy {
namespace {

using namespace testing;
using namespace std::chrono_literals;

const auto evening = std::chrono::sys_days{std::chrono::year{2027} / 1 / 31} + 18h;

Policy observing(std::initializer_list<Rule> rules)
{
    return Policy{std::vector<Rule>{rules}, Mode::observe};
}

Rule watching(Rule rule)
{
    rule.observe = true;
    return rule;
}

Rule until(std::chrono::sys_seconds moment, Rule rule)
{
    rule.life.expires = moment;
    return rule;
}

Subject nobody_at(std::chrono::sys_seconds moment)
{
    auto subject = nobody();
    subject.at = moment;
    return subject;
}

TEST_CASE("a rule that observes is passed over, and the answer says what it would have done")
{
    const auto rules =
        policy({watching(deny("no evil").to_hosts({"evil.com"})), allow("web").to_ports({443})});
    CHECK(rules.observes());

    const auto evil = judge(rules, {"evil.com:443", "8.8.8.8"});
    CHECK(evil.allowed());
    CHECK(evil.rule_name() == "web");
    REQUIRE(evil.would);
    CHECK(evil.would->verdict == Verdict::deny);
    CHECK(evil.would->rule_name() == "no evil");
    CHECK(evil.would->reason == Reason::rule);

    const auto good = judge(rules, {"good.com:443", "8.8.8.8"});
    REQUIRE(good.would);
    CHECK(good.would->verdict == Verdict::allow);
    CHECK(good.would->rule_name() == "web");
}

TEST_CASE("an allow that observes opens nothing")
{
    const auto rules = policy({watching(allow("ssh").to_ports({22}))});
    const auto decision = judge(rules, {"h.com:22", "8.8.8.8"});
    CHECK(decision.refused());
    CHECK(decision.reason == Reason::no_rule);
    CHECK(decision.rule == nullptr);
    REQUIRE(decision.would);
    CHECK(decision.would->verdict == Verdict::allow);
}

TEST_CASE("a refusal before DNS says that the answer without observing is not known yet")
{
    const auto rules = policy({watching(allow("ssh").to_ports({22})), deny("rest")});
    const auto ssh = by_name(rules, "h.com:22");
    REQUIRE(ssh);
    CHECK(ssh->rule_name() == "rest");
    REQUIRE(ssh->would);
    CHECK_FALSE(ssh->would->verdict);

    const auto web = by_name(rules, "h.com:80");
    REQUIRE(web);
    REQUIRE(web->would);
    CHECK(web->would->verdict == Verdict::deny);
    CHECK(web->would->rule_name() == "rest");
}

TEST_CASE("an observing rule is nobody's near, and spares nobody a login")
{
    const auto rules = policy({watching(allow("web").for_users({"alice"}).to_ports({443}))});
    const auto decision = judge(rules, {"h.com:443", "10.0.0.1"});
    CHECK(decision.reason == Reason::no_rule);
    CHECK_FALSE(decision.needs_login);
}

TEST_CASE("a policy in which nothing observes says nothing of what would be")
{
    const auto rules = policy({allow("web").to_ports({443})});
    CHECK_FALSE(rules.observes());
    CHECK_FALSE(judge(rules, {"h.com:443", "8.8.8.8"}).would);
    CHECK_FALSE(by_name(rules, "h.com:22")->would);
}

TEST_CASE("a policy that observes allows public addresses, and says what the rules say")
{
    const auto rules = observing({allow("web").to_ports({443}), deny("rest")});
    const auto ssh = judge(rules, {"h.com:22", "8.8.8.8"});
    CHECK(ssh.allowed());
    CHECK(ssh.reason == Reason::observed);
    CHECK(ssh.rule == nullptr);
    REQUIRE(ssh.would);
    CHECK(ssh.would->verdict == Verdict::deny);
    CHECK(ssh.would->rule_name() == "rest");

    const auto web = judge(rules, {"h.com:443", "8.8.8.8"});
    CHECK(web.allowed());
    CHECK(web.reason == Reason::rule);
    CHECK(web.rule_name() == "web");
    CHECK(web.would->verdict == Verdict::allow);
}

TEST_CASE("a policy that observes opens no internal address, nor the gateway itself")
{
    Surroundings around;
    around.own_addresses = {at("198.41.0.7")};
    around.listeners = {{at("0.0.0.0"), 1080}};
    const auto rules = observing({deny("rest")});
    for (const auto* address : {"10.0.0.1", "127.0.0.1", "169.254.169.254", "198.41.0.7", "0.0.0.0",
                                "192.0.2.1", "fd00::1", "64:ff9b::a00:1"}) {
        CAPTURE(address);
        const auto decision = judge(rules, {"h.com:22", address}, around);
        CHECK(decision.refused());
        CHECK(decision.would->verdict == Verdict::deny);
    }
    const auto itself = judge(rules, {"h.com:1080", "198.41.0.7"}, around);
    CHECK(itself.reason == Reason::own_listener);
    CHECK(judge(rules, {"h.com:22", "64:ff9b::808:808"}, around).allowed());
}

TEST_CASE("a policy that observes refuses no name before it is looked up")
{
    const auto rules = observing({deny("rest")});
    CHECK_FALSE(by_name(rules, "h.com:22"));
    CHECK_FALSE(by_name(rules, "8.8.8.8:22"));
    CHECK(by_name(rules, "10.0.0.1:22"));
}

TEST_CASE("where a login may help, a policy that observes still asks for it")
{
    const auto rules = observing({allow("ops").for_users({"alice"}).to_ports({22})});
    const auto asked = judge(rules, {"h.com:22", "8.8.8.8"});
    CHECK(asked.refused());
    CHECK(asked.needs_login);
    // Bob has logged in already, and the denial is only observed.
    CHECK(judge(rules, {"h.com:22", "8.8.8.8", user("bob")}).allowed());
    // Where there is no login, nobody can do better.
    auto stranger = nobody();
    stranger.may_log_in = false;
    CHECK(judge(rules, {"h.com:22", "8.8.8.8", stranger}).allowed());
}

TEST_CASE("from its end on a rule does not match, be it an allow or a deny")
{
    const auto web = policy({until(evening, allow("web"))});
    CHECK(judge(web, {"h.com:443", "8.8.8.8", nobody_at(evening - 1s)}).allowed());
    const auto late = judge(web, {"h.com:443", "8.8.8.8", nobody_at(evening)});
    CHECK(late.refused());
    CHECK(late.reason == Reason::no_rule);
    CHECK(by_name(web, "h.com:443", nobody_at(evening)));

    const auto evil = policy({until(evening, deny("evil")), allow("web")});
    CHECK(judge(evil, {"h.com:443", "8.8.8.8", nobody_at(evening - 1s)}).refused());
    CHECK(judge(evil, {"h.com:443", "8.8.8.8", nobody_at(evening)}).allowed());
}

TEST_CASE("without a moment nothing has expired")
{
    CHECK(judge(policy({until(evening, allow("web"))}), {"h.com:443", "8.8.8.8"}).allowed());
}

TEST_CASE("an expired allow is nobody's near")
{
    const auto rules = policy({until(evening, allow("web"))});
    CHECK(judge(rules, {"h.com:443", "10.0.0.1", nobody_at(evening)}).near == nullptr);
}

TEST_CASE("the next rule to expire is the first one that has not")
{
    const auto rules =
        policy({until(evening + 24h, allow("b")), until(evening, allow("a")), allow("for ever")});
    CHECK(rules.next_change(evening - 1s) == evening);
    CHECK(rules.next_change(evening) == evening + 24h);
    CHECK_FALSE(rules.next_change(evening + 24h));
}

}  // namespace
}  // namespace adit::policy
