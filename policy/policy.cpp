#include "policy/policy.hpp"

namespace adit::policy {

// What is known once the rules have been walked to the first one that certainly matches.
struct Policy::Walk {
    const Rule* allow = nullptr;    // the first rule that allows this, or might
    const Rule* decided = nullptr;  // the rule that certainly matches; none: the closing deny
    const Rule* near = nullptr;     // the first allow that failed only by its implied `public`
};

namespace {

Decision refusal(Reason reason)
{
    Decision decision;
    decision.reason = reason;
    return decision;
}

bool failed_only_as_internal(const Rule& rule, Match request)
{
    return rule.action == Action::allow && !rule.networks && request == Match::yes;
}

// Before DNS there is no destination yet.
Match match_place(const Rule& rule, const Destination* destination)
{
    if (destination == nullptr)
        return rule.match_unresolved();
    return rule.match_address(*destination) ? Match::yes : Match::no;
}

Match both(Match one, Match other)
{
    if (one == Match::no || other == Match::no)
        return Match::no;
    return one == Match::yes && other == Match::yes ? Match::yes : Match::unknown;
}

}  // namespace

Decision Policy::judge(const Subject& subject, const Target& target, const Address& address,
                       const Surroundings& around) const
{
    const Destination destination{address, around};
    if (is_never_a_destination(destination.judged))
        return refusal(Reason::bad_destination);
    if (around.is_own_listener({address, target.port}))
        return refusal(Reason::own_listener);
    return decide(subject, target, &destination, around);
}

std::optional<Decision> Policy::refuse_by_name(const Subject& subject, const Target& target,
                                               const Surroundings& around) const
{
    const auto* literal = std::get_if<Address>(&target.host);
    const auto decision = literal != nullptr ? judge(subject, target, *literal, around)
                                             : decide(subject, target, nullptr, around);
    return decision.refused() ? std::optional{decision} : std::nullopt;
}

// With facts unknown (no address yet, or any user at all) the answer is a refusal only when nothing
// could allow the request; an allow then means "perhaps" and stays inside this library.
Decision Policy::decide(const Subject& subject, const Target& target,
                        const Destination* destination, const Surroundings& around) const
{
    const auto found = walk(subject, target, destination, around);
    Decision decision;
    if (found.allow != nullptr) {
        decision.verdict = Verdict::allow;
        decision.reason = Reason::rule;
        decision.rule = found.allow;
        return decision;
    }

    decision.rule = found.decided;
    decision.near = found.near;
    if (found.decided != nullptr)
        decision.reason = Reason::rule;
    else if (found.near != nullptr)
        decision.reason = Reason::internal_address;

    if (subject.user.empty()) {
        auto anyone = subject;
        anyone.user_unknown = true;
        decision.needs_login = walk(anyone, target, destination, around).allow != nullptr;
    }
    return decision;
}

Policy::Walk Policy::walk(const Subject& subject, const Target& target,
                          const Destination* destination, const Surroundings& around) const
{
    Walk found;
    for (const auto& rule : rules_) {
        const auto request = rule.match_request(subject, target, around);
        if (request == Match::no)
            continue;
        const auto place = match_place(rule, destination);
        const auto match = both(request, place);
        if (match == Match::no) {
            if (found.near == nullptr && failed_only_as_internal(rule, request))
                found.near = &rule;
            continue;
        }
        if (found.allow == nullptr && rule.action == Action::allow)
            found.allow = &rule;
        if (match == Match::yes) {
            found.decided = &rule;
            break;
        }
    }
    return found;
}

}  // namespace adit::policy
