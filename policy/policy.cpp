#include "policy/policy.hpp"

#include <algorithm>
#include <utility>

#include "policy/walk.hpp"

namespace adit::policy {

namespace {

// Live traffic keeps no account of the rules that were asked, so it asks only those that may match.
struct Unheard {
    using Rules = LikelyRules;
    void operator()(const Rule&, const Matched&) const {}
};
struct UntilAllowed : Unheard {
    static constexpr bool ends_at_allow = true;
};

// What a token does not reach, no rule and no mode opens.
std::optional<Decision> refuse_by_rights(const Policy& policy, const Subject& subject,
                                         const Target& target)
{
    if (subject.rights == nullptr || subject.rights->cover(target))
        return std::nullopt;
    Decision decision;
    decision.reason = Reason::token_rights;
    if (policy.observes())
        decision.would = Would{Verdict::deny, decision.reason, nullptr};
    return decision;
}

// Whether this is nobody, and might be somebody after a login.
bool is_nobody(const Subject& subject)
{
    return subject.may_log_in && subject.user.empty() && !subject.unknown.contains(Fact::user);
}

}  // namespace

Policy::Policy(std::vector<Rule> rules, Mode mode) : Policy{std::move(rules), mode, {}}
{
    index_ = RuleIndex{rules_};
}

Policy::Policy(std::vector<Rule> rules, Mode mode, RuleIndex index)
    : rules_{std::move(rules)},
      index_{std::move(index)},
      mode_{mode},
      observes_{mode == Mode::observe || std::ranges::any_of(rules_, &Rule::observe)}
{
}

Decision Policy::judge(const Subject& subject, const Target& target, const Address& address,
                       const Surroundings& around) const
{
    if (auto refused = refuse_by_rights(*this, subject, target))
        return *refused;
    Unheard seen;
    return judge_address(*this, subject, target, address, around, seen).decision;
}

std::optional<Decision> Policy::refuse_by_name(const Subject& subject, const Target& target,
                                               const Surroundings& around) const
{
    if (auto refused = refuse_by_rights(*this, subject, target))
        return refused;
    UntilAllowed seen;
    const auto* literal = std::get_if<Address>(&target.host);
    const auto decision = literal != nullptr
                              ? judge(subject, target, *literal, around)
                              : judge_rules(*this, {subject, target, around}, seen).decision;
    return decision.refused() ? std::optional{decision} : std::nullopt;
}

std::optional<Decision> Policy::refuse_association(Subject subject,
                                                   const Surroundings& around) const
{
    subject.protocol = Protocol::udp;
    subject.unknown.add(Fact::host);
    subject.unknown.add(Fact::port);
    const Target anywhere{Address{}, 0};
    UntilAllowed seen;
    const auto decision = judge_rules(*this, {subject, anywhere, around}, seen).decision;
    return decision.refused() ? std::optional{decision} : std::nullopt;
}

std::optional<sys_seconds> Policy::next_change(sys_seconds moment) const
{
    std::optional<sys_seconds> next;
    const auto take = [&](std::optional<sys_seconds> change) {
        if (change && *change > moment)
            next = std::min(next.value_or(*change), *change);
    };
    for (const auto& rule : rules_) {
        take(rule.life.expires);
        if (rule.when)
            take(rule.when->next_change(moment));
        if (rule.excluded && rule.excluded->when)
            take(rule.excluded->when->next_change(moment));
    }
    return next;
}

bool needs_login(const Policy& policy, const Question& question)
{
    if (!is_nobody(question.subject))
        return false;
    auto someone = question.subject;
    someone.unknown.add(Fact::user);
    Unheard seen;
    const Question asked{someone, question.target, question.around, question.destination};
    return walk(policy, asked, Observing::passed_over, seen).allow != nullptr;
}

Would would_of(const Policy& policy, const Question& question)
{
    Unheard seen;
    const auto found = walk(policy, question, Observing::enforced, seen);
    if (found.conclusion() == Conclusion::undecided)
        return {};
    const auto decision = decision_of(found);
    return {decision.verdict, decision.reason, decision.rule};
}

// "mode": "observe" opens nothing that is not public, and spares nobody the login. Before the look-up
// every name may turn out to be public.
void lift(const Policy& policy, const Question& question, Judged& judged)
{
    if (policy.mode() != Mode::observe)
        return;
    auto& decision = judged.decision;
    if (question.destination == nullptr) {
        judged.conclusion = Conclusion::undecided;
        judged.unknown.add(Fact::address);
    } else if (question.destination->word != Word::public_ || decision.needs_login) {
        return;
    } else if (judged.conclusion != Conclusion::undecided || !is_nobody(question.subject)) {
        judged.conclusion = Conclusion::allowed;
    }
    if (decision.refused()) {
        Decision lifted;
        lifted.verdict = Verdict::allow;
        lifted.reason = Reason::observed;
        lifted.would = decision.would;
        decision = lifted;
    }
}

}  // namespace adit::policy
