#include "policy/explanation.hpp"

#include <algorithm>
#include <vector>

#include "policy/moment.hpp"
#include "policy/suggest.hpp"

namespace adit::policy {

namespace {

// "the client", "the client and the address"
std::string in_words(Facts facts)
{
    std::vector<std::string> names;
    for (const auto fact : all_facts)
        if (facts.contains(fact))
            names.push_back("the " + std::string{word(fact)});
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (i > 0)
            text += i + 1 == names.size() ? " and " : ", ";
        text += names[i];
    }
    return text;
}

std::string place_of(std::size_t index)
{
    return "rules[" + std::to_string(index) + ']';
}

// `rules[2] deny "nothing else"`
std::string label(const RuleTrace& seen)
{
    const auto place = place_of(seen.index);
    auto text = place + (seen.rule->action == Action::allow ? " allow" : " deny");
    if (seen.rule->name != place)
        text += ' ' + quoted(seen.rule->name);
    return text;
}

std::string who(const Trace& trace)
{
    if (trace.subject.unknown.contains(Fact::user))
        return "some user";
    return trace.user.empty() ? "nobody" : quoted(trace.user);
}

std::string from_where(const Trace& trace)
{
    if (trace.subject.unknown.contains(Fact::client))
        return "an unknown client";
    return trace.subject.client ? protocols::to_text(Host{*trace.subject.client}) : "a unix socket";
}

std::string by_whom(const Trace& trace)
{
    if (trace.subject.unknown.contains(Fact::client))
        return "an unknown client";
    if (!trace.subject.uid)
        return trace.subject.client ? "a client with an address"
                                    : "an unknown user of this machine";
    return "the user " + std::to_string(*trace.subject.uid) + " of this machine";
}

std::string over_what(const Trace& trace)
{
    return trace.subject.unknown.contains(Fact::protocol)
               ? "an unknown protocol"
               : std::string{protocols::word(trace.subject.protocol)};
}

std::string on_which(const Trace& trace)
{
    return trace.subject.unknown.contains(Fact::listener) ? "an unknown listener"
                                                          : quoted(trace.listener);
}

std::string why_not_networks(const Pass& pass, const Rule& rule)
{
    if (!pass.address)
        return "its networks hold no address";
    const std::string kind{text(pass.word)};
    const auto address = protocols::to_text(Host{*pass.address}) + " (" + kind + ')';
    if (!rule.networks)
        return address + " is not public, and an allow without \"networks\" means public only";
    const bool guarded = pass.word == Word::metadata || pass.word == Word::self;
    if (rule.action == Action::allow && guarded)
        return address + " is reached only by \"" + kind + "\" or the bare address in \"networks\"";
    return address + " is not in its networks";
}

std::string why_not(const Trace& trace, const Pass& pass, const RuleTrace& seen)
{
    switch (seen.matched.field) {
        case Field::none:
            return {};
        case Field::listeners:
            return on_which(trace) + " is not among its listeners";
        case Field::protocols:
            if (seen.rule->inner && !can_carry(trace.subject.protocol, seen.rule->inner->protocol))
                return over_what(trace) + " cannot be held to what it pins";
            return over_what(trace) + " is not among its protocols";
        case Field::clients:
            return from_where(trace) + " is not among its clients";
        case Field::uids:
            return by_whom(trace) + " is not among its uids";
        case Field::users:
            return who(trace) + " is not among its users";
        case Field::hosts:
            if (std::holds_alternative<Address>(trace.target.host))
                return protocols::to_text(trace.target.host) +
                       " is an address, and addresses match no host";
            return protocols::to_text(trace.target.host) + " is not among its hosts";
        case Field::networks:
            return why_not_networks(pass, *seen.rule);
        case Field::ports:
            return std::to_string(trace.target.port) + " is not among its ports";
        case Field::expires:
            return "it has expired";
        case Field::when:
            return "it does not hold at this time: it holds " + to_text(*seen.rule->when);
        case Field::not_:
            return "all that stands in its \"not\" matches";
    }
    return {};
}

std::string what_it_said(const Trace& trace, const Pass& pass, const RuleTrace& seen)
{
    if (seen.expired)
        return "no: it expired at " + to_text(*seen.rule->life.expires) +
               (seen.rule->life.owner.empty() ? "" : "; its owner is " + seen.rule->life.owner);
    const std::string_view passed_over =
        seen.observed ? "; it only observes, and is passed over" : "";
    switch (seen.matched.match) {
        case Match::no:
            return "no: " + why_not(trace, pass, seen);
        case Match::unknown:
            return "perhaps: it depends on " + in_words(seen.matched.unknown) +
                   std::string{passed_over};
        case Match::yes:
            return "matches" + std::string{passed_over};
    }
    return {};
}

std::string duty_of(const Decision& decision)
{
    if (decision.rule == nullptr || !decision.rule->inner || decision.refused())
        return {};
    return ", which pins what is inside: " + in_words(*decision.rule->inner);
}

std::string because(const Decision& decision)
{
    switch (decision.reason) {
        case Reason::rule:
            return "by the rule " + quoted(decision.rule_name()) + duty_of(decision);
        case Reason::no_rule:
            return "no rule matches";
        case Reason::internal_address:
            return "the address is not public, and only therefore the rule " +
                   quoted(decision.near_name()) + " does not allow it";
        case Reason::own_listener:
            return "the destination is this gateway itself";
        case Reason::bad_destination:
            return "no rule can allow the unspecified address or broadcast";
        case Reason::user_gone:
            return "the user no longer exists";
        case Reason::token_rights:
            return "the token does not reach so far";
        case Reason::token_expired:
            return "the token has expired";
        case Reason::observed:
            return "the rules would deny it, but \"mode\" is \"observe\"";
    }
    return {};
}

std::string answer(Conclusion conclusion, const Decision& decision, Facts unknown)
{
    std::string text{word(conclusion)};
    if (conclusion == Conclusion::undecided)
        return text + ": it depends on " + in_words(unknown);
    if (unknown.empty())
        return text + (decision.reason == Reason::rule ? " " : ": ") + because(decision);
    // The verdict is certain, only the rule is not.
    return text + ", by which rule depends on " + in_words(unknown);
}

std::string in_words(const Would& would)
{
    if (!would.verdict)
        return "unknown before the look-up";
    const auto verdict = *would.verdict == Verdict::allow ? "allowed" : "denied";
    if (would.rule != nullptr)
        return std::string{verdict} + " by the rule " + quoted(would.rule_name());
    return std::string{verdict} + ", " + std::string{word(would.reason)};
}

void add_life(std::string& text, const Rule& rule)
{
    const auto add = [&](std::string_view name, const std::string& value) {
        if (!value.empty())
            text += "  its " + std::string{name} + ": " + value + '\n';
    };
    add("owner", rule.life.owner);
    add("reason", rule.life.reason);
    add("ticket", rule.life.ticket);
    if (rule.life.expires)
        add("end", to_text(*rule.life.expires));
}

void add_answer(std::string& text, const Trace& trace)
{
    text += answer_in_words(trace) + '\n';
    if (trace.conclusion == Conclusion::undecided)
        return;
    const auto& decision = trace.decision;
    if (decision.rule != nullptr && trace.unknown.empty())
        add_life(text, *decision.rule);
    if (decision.near != nullptr && decision.reason == Reason::rule)
        text += "  near: the rule " + quoted(decision.near_name()) +
                " would have allowed it, were the address public\n";
    if (decision.needs_login)
        text += "  a user might be allowed: logging in may help\n";
    if (decision.would)
        text += "  if nothing only observed: " + in_words(*decision.would) + '\n';
}

void add_rules(std::string& text, const Trace& trace, const Pass& pass)
{
    constexpr std::size_t widest = 48;
    std::size_t width = 0;
    for (const auto& seen : pass.rules)
        width = std::max(width, std::min(label(seen).size(), widest));
    for (const auto& seen : pass.rules) {
        auto line = "  " + label(seen);
        line.append(width + 2 > line.size() ? width + 2 - line.size() : 0, ' ');
        text += line + "  " + what_it_said(trace, pass, seen) + '\n';
    }
    if (pass.not_asked == 0)
        return;
    text += "  " + std::to_string(pass.not_asked) +
            (pass.not_asked == 1 ? " rule below was" : " rules below were") + " not asked\n";
}

void add_pass(std::string& text, const Trace& trace, const Pass& pass)
{
    if (pass.address)
        text += protocols::to_text(Host{*pass.address}) + " (" +
                std::string{policy::text(pass.word)} +
                "): " + answer(pass.conclusion, pass.decision, pass.unknown) + '\n';
    else if (pass.conclusion == Conclusion::undecided)
        text += "by name: not refused, so the name is looked up\n";
    else
        text += "by name: " + answer(pass.conclusion, pass.decision, pass.unknown) +
                "; no DNS query is sent\n";
    add_rules(text, trace, pass);
}

std::string joined(const std::vector<std::string>& sentences)
{
    std::string text;
    for (const auto& sentence : sentences)
        text += (text.empty() ? "" : "; ") + sentence;
    return text;
}

}  // namespace

std::string answer_in_words(const Trace& trace)
{
    if (!trace.judged)
        return std::string{word(trace.conclusion)} + ": " + joined(trace.closed_doors);
    return answer(trace.conclusion, trace.decision, trace.unknown);
}

std::string to_text(const Trace& trace)
{
    std::string text;
    add_answer(text, trace);
    text += "asked: " + who(trace) + " from " + from_where(trace) + " over " + over_what(trace) +
            " on " + on_which(trace) + " for " + protocols::to_text(trace.target);
    text += trace.subject.at ? ", at " + to_text(*trace.subject.at) + '\n'
                             : ", at a time when no rule has expired\n";
    if (trace.judged && !trace.closed_doors.empty())
        text += "not everywhere: " + joined(trace.closed_doors) + '\n';
    if (trace.by_name)
        add_pass(text, trace, *trace.by_name);
    for (const auto& pass : trace.addresses)
        add_pass(text, trace, pass);
    return text;
}

}  // namespace adit::policy
