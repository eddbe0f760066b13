// Laws of explaining and observing, tried on random policies and requests from fixed seeds.
#include <doctest/doctest.h>

#include "policy/explanation.hpp"
#include "policy/trace.hpp"
#include "tests/policy/random_worlds.hpp"

using namespace adit::policy;
using namespace adit::policy::testing;

namespace {

const std::chrono::sys_seconds noon = week + std::chrono::hours{12};

// The same rules, of which some only observe and some have an end before or after noon.
std::vector<Rule> with_lives(const World& world, Random& random)
{
    auto rules = world.policy.rules();
    for (auto& rule : rules) {
        rule.observe = random() % 4 == 0;
        if (random() % 4 == 0)
            rule.life.expires = noon + std::chrono::hours{random() % 2 == 0 ? -1 : 1};
    }
    return rules;
}

Mode some_mode(Random& random)
{
    return random() % 3 == 0 ? Mode::observe : Mode::enforce;
}

Subject make_subject_at_noon(Random& random)
{
    auto subject = make_subject(random);
    if (random() % 2 == 0)
        subject.at = noon;
    subject.may_log_in = random() % 2 == 0;
    return subject;
}

template <class Check>
void in_many_observed_worlds(unsigned seed, const Check& check, int worlds = 80)
{
    Random random{seed};
    for (int i = 0; i < worlds; ++i) {
        const auto world = make_world(random);
        const auto rules = with_lives(world, random);
        const Policy policy{rules, some_mode(random)};
        for (int j = 0; j < 8; ++j)
            check(policy, world.around, make_subject_at_noon(random), make_target(random), random);
    }
}

void check_same(const Decision& one, const Decision& other)
{
    CHECK(one.verdict == other.verdict);
    CHECK(one.reason == other.reason);
    CHECK(one.rule_name() == other.rule_name());
    CHECK(one.near_name() == other.near_name());
    CHECK(one.needs_login == other.needs_login);
    REQUIRE(one.would.has_value() == other.would.has_value());
    if (one.would) {
        CHECK(one.would->verdict == other.would->verdict);
        CHECK(one.would->reason == other.would->reason);
        CHECK(one.would->rule_name() == other.would->rule_name());
    }
}

Conclusion conclusion_of(const Decision& decision)
{
    return decision.allowed() ? Conclusion::allowed : Conclusion::denied;
}

// What the gateway would end in, given these answers of DNS.
Decision as_dialled(const Policy& policy, const Subject& subject, const Target& to,
                    const std::vector<Address>& addresses, const Surroundings& around)
{
    if (const auto refused = policy.refuse_by_name(subject, to, around))
        return *refused;
    for (const auto& address : addresses)
        if (const auto decision = policy.judge(subject, to, address, around); decision.allowed())
            return decision;
    return policy.judge(subject, to, addresses.front(), around);
}

Facts some_facts(Random& random)
{
    Facts facts;
    for (const auto fact : {Fact::protocol, Fact::client, Fact::listener})
        if (random() % 2 == 0)
            facts.add(fact);
    return facts;
}

}  // namespace

TEST_CASE("an explanation ends in what judging says, on random policies")
{
    in_many_observed_worlds(31, [](const Policy& policy, const Surroundings& around,
                                   const Subject& subject, const Target& to, Random& random) {
        std::vector<Address> resolved{one_of(addresses_of(to), random)};
        if (std::holds_alternative<adit::protocols::Domain>(to.host))
            resolved.push_back(one_of(addresses_of(to), random));
        const auto trace = explain(policy, subject, to, resolved, around);
        const auto told = as_dialled(policy, subject, to, resolved, around);
        CHECK(trace.unknown.empty());
        CHECK(trace.conclusion == conclusion_of(told));
        check_same(trace.decision, told);
        for (const auto& pass : trace.addresses) {
            const auto decision = policy.judge(subject, to, *pass.address, around);
            CHECK(pass.conclusion == conclusion_of(decision));
            check_same(pass.decision, decision);
        }
        CHECK(to_text(trace).starts_with(word(trace.conclusion)));
        CHECK(to_json_text(trace).ends_with("}"));
    });
}

TEST_CASE("every rule above the one that decides has said no, expired, or only observes")
{
    in_many_observed_worlds(32, [](const Policy& policy, const Surroundings& around,
                                   const Subject& subject, const Target& to, Random& random) {
        const auto address = one_of(addresses_of(to), random);
        const auto trace = explain(policy, subject, to, std::vector{address}, around);
        for (const auto& pass : trace.addresses) {
            CHECK(pass.rules.size() + pass.not_asked ==
                  (pass.rules.empty() ? pass.not_asked : policy.rules().size()));
            for (const auto& seen : pass.rules) {
                CHECK(seen.matched.match != Match::unknown);
                CHECK((seen.matched.match == Match::no) == (seen.matched.field != Field::none));
                if (seen.expired)
                    CHECK(seen.matched.match == Match::no);
                if (seen.rule != pass.rules.back().rule)
                    CHECK((seen.matched.match == Match::no || seen.observed));
            }
        }
    });
}

TEST_CASE("what is concluded from some facts holds whatever the others are")
{
    int undecided = 0;
    int decided = 0;
    const auto holds = [&](const Policy& policy, const Surroundings& around, const Subject& subject,
                           const Target& to, Random& random) {
        const auto address = one_of(addresses_of(to), random);
        auto asked = subject;
        asked.unknown = some_facts(random);
        const auto trace = explain(policy, asked, to, std::vector{address}, around);
        CHECK((trace.unknown.bits & ~asked.unknown.bits) == 0);
        ++(trace.conclusion == Conclusion::undecided ? undecided : decided);
        if (trace.conclusion == Conclusion::undecided) {
            CHECK_FALSE(trace.unknown.empty());
            return;
        }
        for (int i = 0; i < 10; ++i) {
            auto full = subject;
            const auto other = make_subject(random);
            if (asked.unknown.contains(Fact::client))
                full.client = other.client;
            if (asked.unknown.contains(Fact::protocol))
                full.protocol = other.protocol;
            const auto told = as_dialled(policy, full, to, {address}, around);
            CHECK(trace.conclusion == conclusion_of(told));
            if (trace.unknown.empty())
                CHECK(trace.decision.rule_name() == told.rule_name());
        }
    };
    in_many_observed_worlds(33, holds, 160);
    CHECK(undecided > 3);
    CHECK(decided > 300);
}

TEST_CASE("a name without addresses is refused only where every address is")
{
    int refused = 0;
    in_many_observed_worlds(34, [&](const Policy& policy, const Surroundings& around,
                                    const Subject& subject, const Target& to, Random&) {
        if (std::holds_alternative<Address>(to.host))
            return;
        const auto trace = explain(policy, subject, to, {}, around);
        CHECK(trace.conclusion != Conclusion::allowed);
        if (trace.conclusion == Conclusion::undecided) {
            CHECK(trace.unknown.contains(Fact::address));
            return;
        }
        ++refused;
        for (const auto& address : addresses_of(to))
            CHECK(policy.judge(subject, to, address, around).refused());
    });
    CHECK(refused > 50);
}

TEST_CASE("rules that observe change no answer, and the answer without observing is exact")
{
    in_many_observed_worlds(35, [](const Policy& mixed, const Surroundings& around,
                                   const Subject& subject, const Target& to, Random&) {
        const Policy policy{mixed.rules()};
        std::vector<Rule> only_real;
        std::vector<Rule> all_real;
        for (auto rule : policy.rules()) {
            if (!rule.observe)
                only_real.push_back(rule);
            rule.observe = false;
            all_real.push_back(rule);
        }
        const Policy without{only_real};
        const Policy enforced{all_real};
        CHECK(policy.refuse_by_name(subject, to, around).has_value() ==
              without.refuse_by_name(subject, to, around).has_value());
        if (const auto early = policy.refuse_by_name(subject, to, around);
            early && early->would && early->would->verdict)
            CHECK(enforced.refuse_by_name(subject, to, around).has_value() ==
                  (early->would->verdict == Verdict::deny));
        for (const auto& address : addresses_of(to)) {
            const auto real = policy.judge(subject, to, address, around);
            auto plain = without.judge(subject, to, address, around);
            const auto would = enforced.judge(subject, to, address, around);
            CHECK(real.would.has_value() == policy.observes());
            if (real.would) {
                CHECK(real.would->verdict == would.verdict);
                CHECK(real.would->reason == would.reason);
                CHECK(real.would->rule_name() == would.rule_name());
            }
            plain.would = real.would;
            check_same(real, plain);
        }
    });
}

TEST_CASE("the mode that observes lifts denials of public addresses and no others")
{
    int lifted = 0;
    in_many_observed_worlds(36, [&](const Policy& policy, const Surroundings& around,
                                    const Subject& subject, const Target& to, Random&) {
        const Policy enforcing{policy.rules()};
        const Policy observing{policy.rules(), Mode::observe};
        for (const auto& address : addresses_of(to)) {
            const auto real = enforcing.judge(subject, to, address, around);
            const auto observed = observing.judge(subject, to, address, around);
            const bool ruled = real.reason == Reason::rule || real.reason == Reason::no_rule;
            const bool lifts = real.refused() && ruled && !real.needs_login &&
                               classify(address, around) == Word::public_;
            lifted += lifts ? 1 : 0;
            CHECK(observed.allowed() == (real.allowed() || lifts));
            CHECK((observed.reason == Reason::observed) == lifts);
            if (observed.allowed())
                CHECK_FALSE(observing.refuse_by_name(subject, to, around));
        }
    });
    CHECK(lifted > 300);
}
