// How the rules are walked: the one loop that judges live traffic and that explanations listen to.
// Internal to policy/: callers ask Policy or explain().
#pragma once

#include "policy/policy.hpp"
#include "policy/trace.hpp"

namespace adit::policy {

struct Question {
    const Subject& subject;
    const Target& target;
    const Surroundings& around;
    const Destination* destination = nullptr;  // null: the name has not been looked up
};

// What is known once the rules have been walked to the first one that certainly matches.
struct Walk {
    const Rule* allow = nullptr;    // the first rule that allows this, or might
    const Rule* decided = nullptr;  // the rule that certainly matches; none: the closing deny
    const Rule* near = nullptr;     // the first allow that failed only by its implied `public`
    bool may_deny = false;          // a rule on the way denies or might, or the closing deny
    Facts unknown;                  // what the rules that may match wait for

    Conclusion conclusion() const
    {
        if (allow == nullptr)
            return Conclusion::denied;
        return may_deny ? Conclusion::undecided : Conclusion::allowed;
    }
};

struct Judged {
    Decision decision;  // when undecided: that of the first rule that might allow
    Conclusion conclusion = Conclusion::denied;
    Facts unknown;  // the facts on which the verdict, or at least the deciding rule, depends
};

enum class Observing : std::uint8_t { passed_over, enforced };

inline bool failed_only_as_internal(const Rule& rule, const Matched& matched)
{
    return rule.action == Action::allow && !rule.networks && matched.field == Field::networks &&
           matched.unknown.empty();
}

// The rules that are asked, in their order: all of them, which is the definition, or those that the
// index does not rule out, which is the same answer sooner.
class AllRules {
public:
    AllRules(const Policy& policy, const Question&) : rules_{policy.rules()} {}
    const Rule* next() { return at_ < rules_.size() ? &rules_[at_++] : nullptr; }

private:
    const std::vector<Rule>& rules_;
    std::size_t at_ = 0;
};

class LikelyRules {
public:
    LikelyRules(const Policy& policy, const Question& question)
        : rules_{policy.rules()},
          candidates_{
              policy.index().candidates(question.subject, question.target, question.destination)}
    {
    }
    const Rule* next()
    {
        const auto position = candidates_.next();
        return position == RuleIndex::Candidates::none ? nullptr : &rules_[position];
    }

private:
    const std::vector<Rule>& rules_;
    RuleIndex::Candidates candidates_;
};

// Who only wants to know whether all is refused has a member of this name: the first rule that
// allows, or might, ends the walk.
template <class Seen>
concept ends_at_allow = requires
{
    Seen::ends_at_allow;
};

// `seen` is told of every rule that is asked; Seen::Rules says which those are.
template <class Seen>
Walk walk(const Policy& policy, const Question& question, Observing observing, Seen& seen)
{
    Walk found;
    typename Seen::Rules rules{policy, question};
    while (const Rule* asked = rules.next()) {
        const Rule& rule = *asked;
        const auto matched =
            rule.match(question.subject, question.target, question.destination, question.around);
        seen(rule, matched);
        if (rule.observe && observing == Observing::passed_over)
            continue;
        if (matched.match == Match::no) {
            if (found.near == nullptr && failed_only_as_internal(rule, matched))
                found.near = &rule;
            continue;
        }
        if (rule.action == Action::deny)
            found.may_deny = true;
        else if (found.allow == nullptr)
            found.allow = &rule;
        if constexpr (ends_at_allow<Seen>)
            if (found.allow != nullptr)
                return found;
        if (matched.match == Match::yes) {
            found.decided = &rule;
            return found;
        }
        found.unknown.add(matched.unknown);
    }
    found.may_deny = true;
    return found;
}

inline Reason reason_of(const Walk& found)
{
    if (found.allow != nullptr || found.decided != nullptr)
        return Reason::rule;
    return found.near != nullptr ? Reason::internal_address : Reason::no_rule;
}

// With facts unknown (no address yet, or any user at all) the decision is a refusal only when
// nothing could allow the request; an allow then means "perhaps" and stays inside this library.
inline Decision decision_of(const Walk& found)
{
    Decision decision;
    decision.reason = reason_of(found);
    if (found.allow != nullptr) {
        decision.verdict = Verdict::allow;
        decision.rule = found.allow;
    } else {
        decision.rule = found.decided;
        decision.near = found.near;
    }
    return decision;
}

// What the rules say, and what that is if some of them only observe.
bool needs_login(const Policy& policy, const Question& question);
Would would_of(const Policy& policy, const Question& question);
void lift(const Policy& policy, const Question& question, Judged& judged);

template <class Seen>
Judged judge_rules(const Policy& policy, const Question& question, Seen& seen)
{
    const auto found = walk(policy, question, Observing::passed_over, seen);
    Judged judged{decision_of(found), found.conclusion(), found.unknown};
    if (judged.decision.refused())
        judged.decision.needs_login = needs_login(policy, question);
    if (policy.observes()) {
        judged.decision.would = would_of(policy, question);
        lift(policy, question, judged);
    }
    return judged;
}

// What no rule can allow comes first.
template <class Seen>
Judged judge_address(const Policy& policy, const Subject& subject, const Target& target,
                     const Address& address, const Surroundings& around, Seen& seen)
{
    const Destination destination{address, around};
    const bool never = is_never_a_destination(destination.judged);
    if (!never && !around.is_own_listener({address, target.port}))
        return judge_rules(policy, {subject, target, around, &destination}, seen);

    Judged judged;
    judged.decision.reason = never ? Reason::bad_destination : Reason::own_listener;
    if (policy.observes())
        judged.decision.would = Would{Verdict::deny, judged.decision.reason, nullptr};
    return judged;
}

}  // namespace adit::policy
