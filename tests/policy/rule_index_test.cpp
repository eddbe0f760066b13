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

std::vector<std::size_t> all_of(RuleIndex::Candidates found)
{
    std::vector<std::size_t> positions;
    for (auto next = found.next(); next != RuleIndex::Candidates::none; next = found.next())
        positions.push_back(next);
    return positions;
}

std::vector<std::size_t> candidates(const RuleIndex& index, const char* host, std::uint16_t port,
                                    const char* user = "", bool user_unknown = false)
{
    Subject subject;
    subject.user = user;
    if (user_unknown)
        subject.unknown.add(Fact::user);
    const Target target{*protocols::parse_host(host), port};
    return all_of(index.candidates(subject, target));
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

TEST_CASE(
    "rules that name clients or networks are asked for those alone, in every form of an address")
{
    const auto rule_for = [](const char* clients, const char* networks) {
        Rule rule = rule_for_ports({443, 443});
        if (*clients != 0)
            rule.clients.emplace().add(*Network::parse(clients));
        if (*networks != 0)
            rule.networks.emplace().add(*Network::parse(networks));
        return rule;
    };
    Rule by_word;
    by_word.networks.emplace().add(Word::loopback);
    const RuleIndex index{{rule_for("10.1.0.0/16", ""), rule_for("10.2.0.0/16", ""),
                           rule_for("", "192.0.2.0/24"), rule_for("", "64:ff9b::/96"), by_word,
                           rule_for("10.1.2.3", "192.0.2.0/24")}};
    const Surroundings around;
    const auto asked = [&](const char* client, const char* address) {
        Subject subject;
        if (*client != 0)
            subject.client = *protocols::parse_address(client);
        const Target target{*protocols::parse_host("a.example"), 443};
        std::optional<Destination> destination;
        if (*address != 0)
            destination.emplace(*protocols::parse_address(address), around);
        return all_of(index.candidates(subject, target, destination ? &*destination : nullptr));
    };
    CHECK(asked("10.1.9.9", "198.51.100.1") == Positions{0, 4});
    CHECK(asked("10.2.9.9", "192.0.2.7") == Positions{1, 2, 4});
    CHECK(asked("10.1.2.3", "192.0.2.7") == Positions{0, 2, 4, 5});
    CHECK(asked("", "64:ff9b::c000:207") == Positions{2, 3, 4});
    CHECK(asked("", "") == Positions{2, 3, 4});

    Subject somebody;
    somebody.unknown.add(Fact::client);
    const Target target{*protocols::parse_host("a.example"), 443};
    CHECK(all_of(index.candidates(somebody, target)) == Positions{0, 1, 2, 3, 4, 5});
}

TEST_CASE("a rule is filed where it has least company")
{
    std::vector<Rule> rules;
    for (int i = 0; i < 4; ++i) {
        auto& rule = rules.emplace_back(rule_for_user("alice"));
        rule.ports.emplace().add({443, 443});
        rule.clients.emplace().add(*Network::parse("10.0." + std::to_string(i) + ".0/24"));
    }
    Subject subject;
    subject.user = "alice";
    subject.client = *protocols::parse_address("10.0.2.1");
    const Target target{*protocols::parse_host("a.example"), 443};
    CHECK(all_of(RuleIndex{rules}.candidates(subject, target)) == Positions{2});
}

TEST_CASE("networks of more lengths than are looked up are asked each time, and found")
{
    std::vector<Rule> rules;
    for (unsigned length = 8; length <= 32; ++length) {
        auto& rule = rules.emplace_back();
        rule.clients.emplace().add({masked(*protocols::parse_address("10.255.255.255"), length),
                                    static_cast<std::uint8_t>(length)});
    }
    Subject subject;
    subject.client = *protocols::parse_address("10.255.255.255");
    const Target target{*protocols::parse_host("a.example"), 443};
    CHECK(all_of(RuleIndex{rules}.candidates(subject, target)).size() == rules.size());
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
