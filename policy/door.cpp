#include "policy/door.hpp"

#include <algorithm>
#include <utility>

#include "policy/suggest.hpp"

namespace adit::policy {

namespace {

using protocols::Login;

// A listener as one request meets it.
struct Door {
    std::string why_closed;  // a sentence without its full stop; empty: it is open
    bool takes_user = false;
};

// A SOCKS4 user id is not proven, and a fixed forward asks for nothing.
bool can_log_in(const Subject& subject)
{
    return subject.unknown.contains(Fact::protocol) ||
           (subject.protocol != Protocol::socks4 && subject.protocol != Protocol::forward);
}

std::string why_closed(const Listener& listener, const Subject& subject, const Target& target)
{
    const auto name = "the listener " + quoted(listener.name);
    if (!subject.unknown.contains(Fact::protocol) && !listener.protocols.contains(subject.protocol))
        return name + " does not open " + std::string{word(subject.protocol)};
    if (listener.forward && *listener.forward != target)
        return name + " leads to " + protocols::to_text(*listener.forward) + " and nowhere else";
    if (listener.login == Login::required && subject.user.empty())
        return name + " asks for a login, and nothing is judged without a user";
    return {};
}

Door door_of(const Listener& listener, const Subject& subject, const Target& target)
{
    return {why_closed(listener, subject, target),
            listener.login != Login::none && can_log_in(subject)};
}

// A fixed forward is where its own requests come to, and no others.
bool could_come_to(const Listener& listener, const Subject& subject, const Target& target)
{
    const bool may_be_forward =
        subject.unknown.contains(Fact::protocol) || subject.protocol == Protocol::forward;
    if (listener.forward)
        return may_be_forward && *listener.forward == target;
    return subject.unknown.contains(Fact::protocol) || !may_be_forward;
}

std::vector<Door> doors_of(std::span<const Listener> listeners, const Subject& subject,
                           const Target& target)
{
    std::vector<Door> doors;
    const bool unknown = subject.unknown.contains(Fact::listener);
    for (const auto& listener : listeners)
        if (unknown ? could_come_to(listener, subject, target) : listener.name == subject.listener)
            doors.push_back(door_of(listener, subject, target));
    if (doors.empty() && unknown && !listeners.empty())
        doors.push_back({"no listener takes such a request", false});
    if (doors.empty()) {
        const bool login = std::ranges::any_of(
            listeners, [](const Listener& one) { return one.login != Login::none; });
        doors.push_back({{}, login && can_log_in(subject)});
    }
    return doors;
}

// One answer for a user who counts behind some of the doors and is nobody behind others.
void join(Trace& trace, const Trace& other)
{
    const bool same_rule = trace.decision.rule == other.decision.rule &&
                           trace.decision.reason == other.decision.reason;
    if (trace.conclusion == other.conclusion) {
        trace.unknown.add(other.unknown);
        if (!same_rule)
            trace.unknown.add(Fact::listener);
        return;
    }
    // What only the rule depends on no longer matters.
    Facts unknown;
    for (const auto* one : {&std::as_const(trace), &other})
        if (one->conclusion == Conclusion::undecided)
            unknown.add(one->unknown);
    unknown.add(Fact::listener);
    trace.unknown = unknown;
    trace.conclusion = Conclusion::undecided;
}

// Who comes to a closed door is denied, and by no rule.
void join_closed_door(Trace& trace)
{
    if (trace.conclusion == Conclusion::allowed)
        trace.unknown = {};
    if (trace.conclusion != Conclusion::denied)
        trace.conclusion = Conclusion::undecided;
    trace.unknown.add(Fact::listener);
}

bool is_open(const Door& door)
{
    return door.why_closed.empty();
}

// Some door is open.
Trace explain_behind(std::span<const Door> doors, const Policy& policy, Subject subject,
                     const Target& target, std::span<const Address> resolved,
                     const Surroundings& around)
{
    const auto some = [&](bool takes_user) {
        return std::ranges::any_of(doors, [&](const Door& door) {
            return is_open(door) && door.takes_user == takes_user;
        });
    };
    subject.may_log_in = some(true);
    auto nobody = subject;
    nobody.user = {};
    auto trace = explain(policy, some(true) ? subject : nobody, target, resolved, around);
    if (!subject.user.empty() && some(true) && some(false))
        join(trace, explain(policy, nobody, target, resolved, around));
    if (!std::ranges::all_of(doors, is_open))
        join_closed_door(trace);
    return trace;
}

}  // namespace

Trace explain_at_doors(const Policy& policy, std::span<const Listener> listeners, Subject subject,
                       const Target& target, std::span<const Address> resolved,
                       const Surroundings& around)
{
    if (!can_log_in(subject))
        subject.user = {};
    const auto doors = doors_of(listeners, subject, target);
    auto trace = std::ranges::any_of(doors, is_open)
                     ? explain_behind(doors, policy, subject, target, resolved, around)
                     : not_judged(policy, subject, target, {});
    for (const auto& door : doors)
        if (!is_open(door))
            trace.closed_doors.push_back(door.why_closed);
    return trace;
}

Trace not_judged(const Policy& policy, const Subject& subject, const Target& target,
                 std::vector<std::string> why)
{
    Trace trace;
    trace.listener = subject.listener;
    trace.user = subject.user;
    trace.subject = subject;
    trace.subject.listener = {};
    trace.subject.user = {};
    trace.target = target;
    trace.mode = policy.mode();
    trace.judged = false;
    trace.closed_doors = std::move(why);
    return trace;
}

bool user_counts(std::span<const Listener> listeners, const Subject& subject, const Target& target)
{
    return std::ranges::any_of(doors_of(listeners, subject, target), &Door::takes_user);
}

}  // namespace adit::policy
