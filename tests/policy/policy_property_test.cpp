// Laws of judging, tried on random policies and requests from fixed seeds.
#include <doctest/doctest.h>

#include <sstream>

#include "tests/policy/random_worlds.hpp"

using namespace adit::policy;
using namespace adit::policy::testing;

namespace {

template <class Check>
void in_many_worlds(unsigned seed, const Check& check)
{
    Random random{seed};
    for (int i = 0; i < 120; ++i) {
        const auto world = make_world(random);
        for (int j = 0; j < 8; ++j) {
            const auto subject = make_subject(random);
            const auto to = make_target(random);
            std::ostringstream what;
            what << "world " << i << ", request " << j << ": " << subject.user << " to "
                 << adit::protocols::to_text(to);
            INFO(what.str());
            check(world, subject, to);
        }
    }
}

}  // namespace

TEST_CASE("the decision is that of the first rule that matches, on random policies")
{
    in_many_worlds(1, [](const World& world, const Subject& subject, const Target& to) {
        for (const auto& address : addresses_of(to)) {
            const auto decision = world.policy.judge(subject, to, address, world.around);
            if (decision.reason == Reason::bad_destination ||
                decision.reason == Reason::own_listener) {
                CHECK(decision.refused());
                continue;
            }
            const auto expected = first_match(world.written, subject, to, address, world.around);
            CAPTURE(address.to_string());
            CHECK(decision.allowed() == expected.allowed);
            CHECK(decision.reason == expected.reason);
            CHECK(decision.rule_name() == expected.rule);
            CHECK(decision.near_name() == expected.near);
        }
    });
}

namespace {

Address any_address(Random& random)
{
    using namespace boost::asio::ip;
    if (random() % 2 == 0)
        return address_v4{static_cast<address_v4::uint_type>(random())};
    address_v6::bytes_type bytes;
    for (auto& byte : bytes)
        byte = static_cast<unsigned char>(random());
    return address_v6{bytes};
}

// What may come from outside: any address, port and protocol, and facts that are missing.
Subject any_subject(Random& random)
{
    auto subject = make_subject(random);
    subject.protocol = static_cast<Protocol>(random() % 7);
    if (random() % 2 == 0)
        subject.client = any_address(random);
    if (random() % 4 == 0)
        subject.at.reset();
    if (random() % 4 == 0)
        subject.user = "somebody else";
    if (random() % 4 == 0)
        subject.listener = "of a name that no rule has";
    return subject;
}

Target any_target(Random& random)
{
    auto to = make_target(random);
    if (random() % 2 == 0)
        to.port = static_cast<std::uint16_t>(1 + random() % 65535);
    if (random() % 2 == 0)
        to.host = adit::protocols::unmapped(any_address(random));
    return to;
}

// The same rules and mode, built twice: some of the rules only observe.
Policy build_observing(const std::vector<Written>& written, unsigned observing, Mode mode)
{
    std::vector<Rule> rules;
    for (const auto& each : written) {
        rules.push_back(build(each, rules.size()));
        rules.back().observe = (observing >> rules.size() & 1U) != 0;
    }
    return Policy{std::move(rules), mode};
}

void check_whole(const Decision& decision, const Policy& policy)
{
    CHECK(decision.allowed() != decision.refused());
    CHECK((decision.rule != nullptr) == (decision.reason == Reason::rule));
    CHECK((decision.reason == Reason::internal_address ? decision.near != nullptr : true));
    CHECK(decision.would.has_value() == policy.observes());
    if (decision.rule != nullptr)
        CHECK((decision.rule->action == Action::allow) == decision.allowed());
    else
        CHECK(decision.allowed() == (decision.reason == Reason::observed));
    for (const auto* named : {decision.rule, decision.near})
        if (named != nullptr)
            CHECK(std::any_of(policy.rules().begin(), policy.rules().end(),
                              [&](const Rule& rule) { return &rule == named; }));
}

}  // namespace

TEST_CASE("judging is total and deterministic: every request has one whole answer, always the same")
{
    Random random{8};
    for (int i = 0; i < 120; ++i) {
        const auto world = make_world(random);
        const auto observing = static_cast<unsigned>(random() & random());
        const auto mode = random() % 3 == 0 ? Mode::observe : Mode::enforce;
        const auto policy = build_observing(world.written, observing, mode);
        const auto twin = build_observing(world.written, observing, mode);
        for (int j = 0; j < 40; ++j) {
            const auto subject = any_subject(random);
            const auto to = any_target(random);
            const auto* literal = std::get_if<Address>(&to.host);
            const auto address = literal != nullptr ? *literal : any_address(random);
            const auto decision = policy.judge(subject, to, address, world.around);
            check_whole(decision, policy);
            // What was asked in between changes nothing.
            (void)policy.judge(any_subject(random), any_target(random), any_address(random),
                               world.around);
            for (const auto* other : {&policy, &twin}) {
                const auto again = other->judge(subject, to, address, world.around);
                CHECK(again.verdict == decision.verdict);
                CHECK(again.reason == decision.reason);
                CHECK(again.rule_name() == decision.rule_name());
                CHECK(again.near_name() == decision.near_name());
                CHECK(again.needs_login == decision.needs_login);
                CHECK((again.would ? again.would->rule_name() : "") ==
                      (decision.would ? decision.would->rule_name() : ""));
            }
        }
    }
}

TEST_CASE("a refusal before DNS is never contradicted by any address")
{
    int spared = 0;
    in_many_worlds(2, [&](const World& world, const Subject& subject, const Target& to) {
        const auto early = world.policy.refuse_by_name(subject, to, world.around);
        if (!early)
            return;
        ++spared;
        CHECK(early->refused());
        for (const auto& address : addresses_of(to)) {
            const auto decision = world.policy.judge(subject, to, address, world.around);
            CAPTURE(address.to_string());
            CHECK(decision.refused());
            CHECK((early->needs_login || !decision.needs_login));
        }
    });
    CHECK(spared > 100);
}

TEST_CASE("a request that is refused stays refused when an allow rule is taken away")
{
    in_many_worlds(3, [](const World& world, const Subject& subject, const Target& to) {
        for (std::size_t gone = 0; gone < world.written.size(); ++gone) {
            if (!world.written[gone].allows)
                continue;
            auto fewer = world.written;
            fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(gone));
            const auto stricter = build(fewer);
            const auto early = world.policy.refuse_by_name(subject, to, world.around);
            if (early)
                CHECK(stricter.refuse_by_name(subject, to, world.around).has_value());
            for (const auto& address : addresses_of(to))
                if (world.policy.judge(subject, to, address, world.around).refused())
                    CHECK(stricter.judge(subject, to, address, world.around).refused());
        }
    });
}

TEST_CASE("a request that is allowed stays allowed when a deny rule is taken away")
{
    in_many_worlds(4, [](const World& world, const Subject& subject, const Target& to) {
        for (std::size_t gone = 0; gone < world.written.size(); ++gone) {
            if (world.written[gone].allows)
                continue;
            auto fewer = world.written;
            fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(gone));
            const auto milder = build(fewer);
            for (const auto& address : addresses_of(to))
                if (world.policy.judge(subject, to, address, world.around).allowed())
                    CHECK(milder.judge(subject, to, address, world.around).allowed());
        }
    });
}

TEST_CASE("a login is asked for wherever a user would be allowed")
{
    in_many_worlds(5, [](const World& world, const Subject& subject, const Target& to) {
        auto anonymous = subject;
        anonymous.user = {};
        for (const auto& address : addresses_of(to)) {
            const auto decision = world.policy.judge(anonymous, to, address, world.around);
            if (decision.allowed() || decision.needs_login)
                continue;
            for (const auto& name : some_users) {
                auto named = anonymous;
                named.user = name;
                CHECK(world.policy.judge(named, to, address, world.around).refused());
            }
        }
    });
}

TEST_CASE("metadata and the gateway are reached only where a rule names them")
{
    in_many_worlds(6, [](const World& world, const Subject& subject, const Target& to) {
        for (const auto& address : addresses_of(to)) {
            const auto decision = world.policy.judge(subject, to, address, world.around);
            const auto word = classify(address, world.around);
            if (decision.refused() || (word != Word::metadata && word != Word::self))
                continue;
            const auto& by = *decision.rule;
            REQUIRE(by.networks.has_value());
            const auto& named = by.networks->networks();
            CHECK((by.networks->has(word) ||
                   std::any_of(named.begin(), named.end(), [&](const Network& one) {
                       return one.is_single() && one.address == judged_form(address, world.around);
                   })));
        }
    });
}

TEST_CASE("a mapped address and the IPv4 address it is get one answer")
{
    in_many_worlds(7, [](const World& world, const Subject& subject, const Target& to) {
        if (std::holds_alternative<Address>(to.host))
            return;
        for (const auto* each : {"8.8.8.8", "10.0.0.1", "10.0.0.7", "127.0.0.1", "0.0.0.0"}) {
            const auto plain = world.policy.judge(subject, to, at(each), world.around);
            const auto mapped =
                world.policy.judge(subject, to, at(std::string{"::ffff:"} + each), world.around);
            CHECK(plain.verdict == mapped.verdict);
            CHECK(plain.reason == mapped.reason);
            CHECK(plain.rule == mapped.rule);
        }
    });
}
