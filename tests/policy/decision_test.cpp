#include "policy/decision.hpp"

#include <doctest/doctest.h>

#include "policy/rule.hpp"

using namespace adit::policy;

TEST_CASE("verdicts and reasons have one wording")
{
    CHECK(word(Verdict::allow) == "allow");
    CHECK(word(Verdict::deny) == "deny");
    CHECK(word(Reason::rule) == "rule");
    CHECK(word(Reason::no_rule) == "no_rule");
    CHECK(word(Reason::internal_address) == "internal_address");
    CHECK(word(Reason::own_listener) == "own_listener");
    CHECK(word(Reason::bad_destination) == "bad_destination");
    CHECK(word(Reason::user_gone) == "user_gone");
    CHECK(word(Reason::token_rights) == "token_rights");
}

TEST_CASE("a decision that nobody has made yet is a refusal without a rule")
{
    const Decision decision;
    CHECK(decision.refused());
    CHECK_FALSE(decision.allowed());
    CHECK(decision.reason == Reason::no_rule);
    CHECK(decision.rule_name().empty());
    CHECK(decision.near_name().empty());
}

TEST_CASE("a decision names its rule and the rule that came near")
{
    Rule closing;
    closing.name = "nothing else";
    Rule web;
    web.name = "web";
    Decision decision;
    decision.rule = &closing;
    decision.near = &web;
    CHECK(decision.rule_name() == "nothing else");
    CHECK(decision.near_name() == "web");
}
