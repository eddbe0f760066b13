// A token narrows what its user may reach; it never widens it.
#include <doctest/doctest.h>

#include "tests/policy/judging.hpp"

namespace adit::policy {
namespace {

using namespace testing;

const protocols::TokenRights github{{{"github.com", false}, {"github.com", true}}, {{443, 443}}};

Subject with_token(std::string_view name, const protocols::TokenRights& rights)
{
    auto subject = user(name);
    subject.rights = &rights;
    return subject;
}

TEST_CASE("a request outside a token's rights is refused before a look-up, whatever the rules")
{
    const auto rules = policy({allow("all")});
    const auto ci = with_token("ci", github);
    for (const auto* to : {"example.com:443", "github.com:22", "140.82.121.3:443"}) {
        const auto refused = by_name(rules, to, ci);
        REQUIRE(refused);
        CHECK(refused->reason == Reason::token_rights);
        CHECK(refused->rule == nullptr);
        CHECK_FALSE(refused->needs_login);
    }
    CHECK(judge(rules, {"example.com:443", "8.8.8.8", ci}).reason == Reason::token_rights);
    CHECK(judge(rules, {"api.github.com:443", "140.82.121.3", ci}).allowed());
}

TEST_CASE("within a token's rights the rules decide as for its user")
{
    const auto rules =
        policy({deny("no api").to_hosts({"api.github.com"}), allow("people").for_users({"alice"}),
                allow("ci").for_users({"ci"})});
    CHECK(judge(rules, {"github.com:443", "140.82.121.3", with_token("ci", github)}).rule_name() ==
          "ci");
    CHECK(judge(rules, {"github.com:443", "10.0.0.1", with_token("ci", github)}).refused());
    CHECK(by_name(rules, "api.github.com:443", with_token("ci", github))->rule_name() == "no api");
    CHECK(by_name(rules, "github.com:443", with_token("bob", github))->reason == Reason::no_rule);
}

TEST_CASE("a policy that only observes does not widen a token")
{
    const Policy rules{{allow("web").to_ports({443})}, Mode::observe};
    const auto ci = with_token("ci", github);
    const auto decision = judge(rules, {"example.com:443", "8.8.8.8", ci});
    CHECK(decision.refused());
    CHECK(decision.reason == Reason::token_rights);
    REQUIRE(decision.would);
    CHECK(decision.would->verdict == Verdict::deny);
    CHECK(by_name(rules, "example.com:443", ci));
}

}  // namespace
}  // namespace adit::policy
