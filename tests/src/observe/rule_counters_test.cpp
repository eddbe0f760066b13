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
    counters.hit(&policy->rules()[1], noon + 5s);
    counters.hit(&policy->rules()[1], noon + 9s);
    counters.would_hit(&policy->rules()[0], noon + 7s);
    counters.hit(nullptr, noon + 8s);

    const auto counts = counted(counters);
    REQUIRE(counts.size() == 3);
    CHECK(counts.at("ssh").hits == 2);
    CHECK(counts.at("ssh").last_hit == noon + 9s);
    CHECK(counts.at("web").hits == 0);
    CHECK(counts.at("web").would_hits == 1);
    CHECK(counts.at("web").last_hit == noon + 7s);
    CHECK(counts.at("").hits == 1);
    CHECK(counts.at("").since == noon);
}

TEST_CASE("a rule that was never hit has no last hit")
{
    RuleCounters counters;
    counters.renew(policy_of({"web"}), noon);
    CHECK_FALSE(counted(counters).at("web").last_hit);
}

TEST_CASE("counts survive a reload under the rule's name, wherever the rule now stands")
{
    const auto before = policy_of({"web", "ssh", "old"});
    const auto after = policy_of({"new", "ssh", "web"});
    RuleCounters counters;
    counters.renew(before, noon);
    counters.hit(&before->rules()[0], noon + 1s);
    counters.hit(&before->rules()[2], noon + 1s);
    counters.renew(after, noon + 1h);
    counters.hit(&after->rules()[2], noon + 2h);

    const auto counts = counted(counters);
    CHECK(counts.at("web").hits == 2);
    CHECK(counts.at("web").since == noon);
    CHECK(counts.at("new").since == noon + 1h);
    CHECK_FALSE(counts.contains("old"));
}

TEST_CASE("a request that was judged before a reload is counted after it")
{
    const auto before = policy_of({"web", "old"});
    RuleCounters counters;
    counters.renew(before, noon);
    counters.renew(policy_of({"new", "web"}), noon);
    counters.hit(&before->rules()[0], noon);
    counters.hit(&before->rules()[1], noon);
    CHECK(counted(counters).at("web").hits == 1);
    CHECK(counted(counters).at("new").hits == 0);
}

TEST_CASE("the workers' counts add up")
{
    const auto policy = policy_of({"web"});
    RuleCounters one;
    RuleCounters other;
    one.renew(policy, noon);
    other.renew(policy, noon + 1s);
    one.hit(&policy->rules()[0], noon + 5s);
    RuleCounts counts;
    one.add_to(counts);
    other.add_to(counts);
    CHECK(counts.at("web").hits == 1);
    CHECK(counts.at("web").last_hit == noon + 5s);
    CHECK(counts.at("web").since == noon);
}

TEST_CASE("counters can be read while they count and while they are renewed")
{
    const auto policy = policy_of({"web", "ssh"});
    RuleCounters counters;
    counters.renew(policy, noon);
    std::atomic<bool> done{false};
    std::thread worker{[&] {
        for (int i = 0; i < 20'000; ++i) {
            counters.hit(&policy->rules()[0], noon);
            if (i % 100 == 0)
                counters.renew(policy, noon);
        }
        done = true;
    }};
    std::uint64_t last = 0;
    while (!done) {
        const auto now = counted(counters).at("web").hits;
        CHECK(now >= last);
        last = now;
    }
    worker.join();
    CHECK(counted(counters).at("web").hits == 20'000);
}
