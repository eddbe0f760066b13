#include "policy/rule_index.hpp"

#include <doctest/doctest.h>

#include "policy/policy.hpp"
#include "policy/walk.hpp"
#include "tests/policy/random_worlds.hpp"

using namespace adit;
using namespace adit::policy;

namespace {

Rule rule_for_hosts(std::initializer_list<const char*> exact,
                    std::initializer_list<const char*> suffixes)
{
    Rule rule;
    rule.hosts.emplace();
    for (const auto* name : exact)
        rule.hosts->add_exact(name);
    for (const auto* suffix : suffixes)
        rule.hosts->add_suffix(suffix);
    return rule;
}

Rule rule_for_ports(PortRange range)
{
    Rule rule;
    rule.ports.emplace();
    rule.ports->add(range);
    return rule;
}

Rule rule_for_user(const char* user)
{
    Rule rule;
    rule.users.emplace();
    rule.users->names.insert(user);
    return rule;
}

std::vector<std::size_t> candidates(const RuleIndex& index, const char* host, std::uint16_t port,
                                    const char* user = "", bool user_unknown = false)
{
    Subject subject;
    subject.user = user;
    if (user_unknown)
        subject.unknown.add(Fact::user);
    const Target target{*protocols::parse_host(host), port};
    auto found = index.candidates(subject, target);
    std::vector<std::size_t> positions;
    for (auto next = found.next(); next != RuleIndex::Candidates::none; next = found.next())
        positions.push_back(next);
    return positions;
}

using Positions = std::vector<std::size_t>;

// The question's answer with every rule asked.
struct Everything {
    using Rules = AllRules;
    void operator()(const Rule&, const Matched&) const {}
};
struct Likely {
    using Rules = LikelyRules;
    void operator()(const Rule&, const Matched&) const {}
};

}  // namespace

TEST_CASE("only the rules filed under a request's name, user or port are asked, in their order")
{
    const RuleIndex index{{rule_for_hosts({"a.example"}, {}), rule_for_ports({22, 22}), Rule{},
                           rule_for_hosts({"b.example", "a.example"}, {"example"}),
                           rule_for_user("alice"), rule_for_ports({1, 65535})}};
    CHECK(candidates(index, "a.example", 22) == Positions{0, 1, 2, 3, 5});
    CHECK(candidates(index, "b.example", 443) == Positions{2, 3, 5});
    CHECK(candidates(index, "example", 443) == Positions{2, 5});
    CHECK(candidates(index, "x.y.example", 443) == Positions{2, 3, 5});
    CHECK(candidates(index, "8.8.8.8", 22) == Positions{1, 2, 5});
    CHECK(candidates(index, "c.test", 443, "alice") == Positions{2, 4, 5});
    CHECK(candidates(index, "c.test", 443, "bob") == Positions{2, 5});
    CHECK(candidates(index, "c.test", 443, "", true) == Positions{2, 4, 5});
}

TEST_CASE("a name with as many labels as a name can have is looked up under all of them")
{
    std::string name;
    for (int i = 0; i < 126; ++i)
        name += "a.";
    name += "b";
    std::vector<Rule> rules;
    for (std::size_t dot = name.find('.'); dot != name.npos; dot = name.find('.', dot + 1))
        rules.push_back(rule_for_hosts({}, {name.c_str() + dot + 1}));
    rules.push_back(rule_for_hosts({name.c_str()}, {}));
    rules.push_back(rule_for_ports({443, 443}));
    rules.push_back(rule_for_user("alice"));
    rules.emplace_back();
    CHECK(candidates(RuleIndex{rules}, name.c_str(), 443, "alice").size() == rules.size());
}

TEST_CASE("the index never changes an answer")
{
    namespace worlds = adit::policy::testing;
    worlds::Random random{20260101};
    for (int i = 0; i < 300; ++i) {
        const auto world = worlds::make_world(random);
        for (int request = 0; request < 40; ++request) {
            auto subject = worlds::make_subject(random);
            if (request % 5 == 0)
                subject.unknown.add(Fact::user);
            const auto to = worlds::make_target(random);
            const Destination destination{
                worlds::at(worlds::one_of(worlds::some_addresses, random)), world.around};
            const Question question{subject, to, world.around,
                                    request % 2 == 0 ? &destination : nullptr};
            Everything everything;
            Likely likely;
            const auto expected = walk(world.policy, question, Observing::passed_over, everything);
            const auto found = walk(world.policy, question, Observing::passed_over, likely);
            CHECK(found.allow == expected.allow);
            CHECK(found.decided == expected.decided);
            CHECK(found.near == expected.near);
            CHECK(found.may_deny == expected.may_deny);
            CHECK(found.unknown == expected.unknown);
        }
    }
}
