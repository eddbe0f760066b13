#include "src/observe/rule_counters.hpp"

#include <atomic>
#include <thread>

#include <doctest/doctest.h>

using namespace adit;
using namespace std::chrono_literals;
using observe::RuleCount;
using observe::RuleCounters;
using observe::RuleCounts;

namespace {

constexpr observe::SystemTime noon{std::chrono::seconds{1'700'000'000}};

RuleCounters::PolicyPtr policy_of(std::initializer_list<const char*> names)
{
    std::vector<policy::Rule> rules;
    for (const auto* name : names)
        rules.emplace_back().name = name;
    return std::make_shared<policy::Policy>(std::move(rules));
}

policy::Decision by(const policy::Rule* rule)
{
    policy::Decision decision;
    decision.rule = rule;
    decision.reason = rule != nullptr ? policy::Reason::rule : policy::Reason::no_rule;
    return decision;
}

policy::Decision observing(policy::Decision decision, std::optional<policy::Verdict> verdict,
                           const policy::Rule* would)
{
    decision.would = policy::Would{verdict, policy::Reason::rule, would};
    return decision;
}

RuleCounts counted(const RuleCounters& counters)
{
    RuleCounts counts;
    counters.add_to(counts);
    return counts;
}

}  // namespace

TEST_CASE("each rule counts its own hits and knows the last one")
{
    const auto policy = policy_of({"web", "ssh"});
    RuleCounters counters;
    counters.renew(policy, noon);
    counters.decided(by(&policy->rules()[1]), noon + 5s);
    counters.decided(by(&policy->rules()[1]), noon + 9s);
    counters.decided(observing(by(nullptr), policy::Verdict::deny, &policy->rules()[0]), noon + 8s);

    const auto counts = counted(counters);
    REQUIRE(counts.rules.size() == 2);
    CHECK(counts.rules.at("ssh").hits == 2);
    CHECK(counts.rules.at("ssh").last_hit == noon + 9s);
    CHECK(counts.rules.at("web").hits == 0);
    CHECK(counts.rules.at("web").would_hits == 1);
    CHECK(counts.rules.at("web").last_hit == noon + 8s);
    CHECK(counts.no_rule.hits == 1);
    CHECK(counts.no_rule.since == noon);
}

TEST_CASE("a refusal that the mode lifts is no hit of a rule, nor of there being none")
{
    const auto policy = policy_of({"web", "no mail"});
    RuleCounters counters;
    counters.renew(policy, noon);
    policy::Decision lifted;
    lifted.verdict = policy::Verdict::allow;
    lifted.reason = policy::Reason::observed;
    counters.decided(observing(lifted, policy::Verdict::deny, &policy->rules()[1]), noon + 5s);
    counters.decided(observing(lifted, policy::Verdict::deny, nullptr), noon + 6s);
    counters.renew(policy, noon + 7s);

    const auto counts = counted(counters);
    CHECK(counts.observed.hits == 2);
    CHECK(counts.observed.since == noon);
    CHECK(counts.rules.at("no mail").hits == 0);
    CHECK(counts.rules.at("no mail").would_hits == 1);
    CHECK(counts.rules.at("no mail").last_hit == noon + 5s);
    CHECK(counts.no_rule.hits == 0);
    CHECK(counts.no_rule.would_hits == 1);
}

TEST_CASE("what would have been decided counts where it is known, and is another rule")
{
    const auto policy = policy_of({"web"});
    const auto* web = &policy->rules()[0];
    RuleCounters counters;
    counters.renew(policy, noon);
    counters.decided(observing(by(web), std::nullopt, nullptr), noon);
    counters.decided(observing(by(web), policy::Verdict::allow, web), noon);

    const auto counts = counted(counters);
    CHECK(counts.rules.at("web").hits == 2);
    CHECK(counts.rules.at("web").would_hits == 0);
    CHECK(counts.no_rule.would_hits == 0);
    CHECK_FALSE(counts.no_rule.last_hit);
}

TEST_CASE("a rule that was never hit has no last hit")
{
    RuleCounters counters;
    counters.renew(policy_of({"web"}), noon);
    CHECK_FALSE(counted(counters).rules.at("web").last_hit);
}

TEST_CASE("counts survive a reload under the rule's name, wherever the rule now stands")
{
    const auto before = policy_of({"web", "ssh", "old"});
    const auto after = policy_of({"new", "ssh", "web"});
    RuleCounters counters;
    counters.renew(before, noon);
    counters.decided(by(&before->rules()[0]), noon + 1s);
    counters.decided(by(&before->rules()[2]), noon + 1s);
    counters.renew(after, noon + 1h);
    counters.decided(by(&after->rules()[2]), noon + 2h);

    const auto counts = counted(counters);
    CHECK(counts.rules.at("web").hits == 2);
    CHECK(counts.rules.at("web").since == noon);
    CHECK(counts.rules.at("new").since == noon + 1h);
    CHECK_FALSE(counts.rules.contains("old"));
}

TEST_CASE("a request that was judged before a reload is counted after it")
{
    const auto before = policy_of({"web", "old"});
    RuleCounters counters;
    counters.renew(before, noon);
    counters.renew(policy_of({"new", "web"}), noon);
    counters.decided(by(&before->rules()[0]), noon);
    counters.decided(by(&before->rules()[1]), noon);
    CHECK(counted(counters).rules.at("web").hits == 1);
    CHECK(counted(counters).rules.at("new").hits == 0);
}

TEST_CASE("the workers' counts add up")
{
    const auto policy = policy_of({"web"});
    RuleCounters one;
    RuleCounters other;
    one.renew(policy, noon);
    other.renew(policy, noon + 1s);
    one.decided(by(&policy->rules()[0]), noon + 5s);
    RuleCounts counts;
    one.add_to(counts);
    other.add_to(counts);
    CHECK(counts.rules.at("web").hits == 1);
    CHECK(counts.rules.at("web").last_hit == noon + 5s);
    CHECK(counts.rules.at("web").since == noon);
}

TEST_CASE("counters can be read while they count and while they are renewed")
{
    const auto policy = policy_of({"web", "ssh"});
    RuleCounters counters;
    counters.renew(policy, noon);
    std::atomic<bool> done{false};
    std::thread worker{[&] {
        for (int i = 0; i < 20'000; ++i) {
            counters.decided(by(&policy->rules()[0]), noon);
            if (i % 100 == 0)
                counters.renew(policy, noon);
        }
        done = true;
    }};
    std::uint64_t last = 0;
    while (!done) {
        const auto now = counted(counters).rules.at("web").hits;
        CHECK(now >= last);
        last = now;
    }
    worker.join();
    CHECK(counted(counters).rules.at("web").hits == 20'000);
}
