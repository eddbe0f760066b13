#include "src/review/replay.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "src/review/configuration_text.hpp"

namespace adit::review {

using protocols::Login;

namespace {

Answer denied(std::string_view reason)
{
    return {Answer::Kind::deny, {}, reason};
}

// A forwarded request is HTTP as it is, and a policy that only observes holds no tunnel to anything.
std::optional<policy::InnerProtocol> pin_of(const policy::Decision& decision,
                                            protocols::Protocol protocol, policy::Mode mode)
{
    const auto* rule = decision.allowed() ? decision.rule : nullptr;
    if (rule == nullptr || !rule->inner || protocol == protocols::Protocol::http ||
        mode == policy::Mode::observe)
        return std::nullopt;
    return rule->inner->protocol;
}

Answer answer_of(const policy::Decision& decision, protocols::Protocol protocol, policy::Mode mode)
{
    return {decision.allowed() ? Answer::Kind::allow : Answer::Kind::deny, decision.rule_name(),
            word(decision.reason), pin_of(decision, protocol, mode)};
}

// Every address that the record knows of: first the one that was connected.
template <class Ask>
void for_each_address(const AccessLine& line, Ask ask)
{
    if (const auto* literal = std::get_if<protocols::Address>(&line.target->host)) {
        (void)ask(*literal);
        return;
    }
    if (line.address && ask(*line.address))
        return;
    for (const auto& one : line.resolved)
        if (ask(one.address))
            return;
}

bool is_newly_pinned(const Answer& before, const Answer& after)
{
    return before.kind == Answer::Kind::allow && after.kind == Answer::Kind::allow &&
           before.tells_pin && after.pinned && after.pinned != before.pinned;
}

bool is_same(const Answer& before, const Answer& after)
{
    if (after.kind == Answer::Kind::undecided || before.kind != after.kind)
        return false;
    return before.rule == after.rule && (!after.rule.empty() || before.reason == after.reason) &&
           !is_newly_pinned(before, after);
}

Change change_of(const Answer& before, const Answer& after)
{
    if (before.kind == Answer::Kind::undecided || after.kind == Answer::Kind::undecided)
        return Change::undecided;
    if (before.kind == after.kind)
        return is_newly_pinned(before, after) ? Change::newly_pinned : Change::other_rule;
    return after.kind == Answer::Kind::deny ? Change::newly_denied : Change::newly_allowed;
}

// What is pinned is told where it is the difference.
std::string words_in(Change change, const Answer& answer)
{
    if (change != Change::newly_pinned || !answer.pinned)
        return words(answer);
    return fmt::format("{}, which pins {}", words(answer), quoted(word(*answer.pinned)));
}

std::string example_of(const AccessLine& line)
{
    auto text = line.user.empty() ? std::string{"nobody"} : quoted(line.user);
    if (line.client)
        text += " from " + line.client->to_string();
    text += fmt::format(" to {} by {}", to_text(*line.target), word(*line.protocol));
    const bool by_name = std::holds_alternative<protocols::Domain>(line.target->host);
    if (by_name && line.address)
        text += fmt::format(" ({})", line.address->to_string());
    else if (by_name && !line.resolved.empty())
        text += fmt::format(" ({})", line.resolved.front().address.to_string());
    return text;
}

// The same request again is no further example.
bool is_new(const std::vector<std::string>& examples, std::string_view text)
{
    return std::ranges::none_of(examples,
                                [&](const std::string& known) { return known.starts_with(text); });
}

std::string_view heading(Change change)
{
    switch (change) {
        case Change::newly_denied:
            return "newly denied";
        case Change::newly_allowed:
            return "newly allowed";
        case Change::newly_pinned:
            return "newly pinned";
        case Change::other_rule:
            return "other rule";
        case Change::undecided:
            return "undecided";
    }
    return {};
}

}  // namespace

std::string words(const Answer& answer)
{
    if (answer.kind == Answer::Kind::undecided)
        return fmt::format("undecided ({})", answer.reason);
    const std::string_view verdict = answer.kind == Answer::Kind::allow ? "allowed" : "denied";
    if (!answer.rule.empty())
        return fmt::format("{} by {}", verdict, quoted(answer.rule));
    return fmt::format("{} ({})", verdict, answer.reason);
}

policy::Surroundings surroundings_of(const policy::Configuration& configuration)
{
    policy::Surroundings around;
    around.own_addresses = configuration.own_addresses;
    around.nat64 = configuration.resolver.nat64;
    for (const auto& listener : configuration.listeners)
        if (listener.has_endpoint())
            around.listeners.push_back(listener.endpoint);
    return around;
}

Answer recorded_answer(const AccessLine& line)
{
    if (line.verdict)
        return {*line.verdict == policy::Verdict::allow ? Answer::Kind::allow : Answer::Kind::deny,
                line.rule, line.reason, line.pinned, tells_pin(line)};
    // A destination that could not be connected leaves no verdict of its own, but the addresses
    // that were tried had been allowed.
    for (const auto& one : line.resolved)
        if (one.verdict == policy::Verdict::allow)
            return {Answer::Kind::allow, one.rule, word(policy::Reason::rule), line.pinned,
                    tells_pin(line)};
    return {Answer::Kind::undecided, {}, "no answer was recorded"};
}

Judge::Judge(const policy::Configuration& configuration, std::chrono::sys_seconds now)
    : configuration_{configuration}, around_{surroundings_of(configuration)}, now_{now}
{
    anyone_logs_in_ = std::ranges::any_of(
        configuration.listeners,
        [](const policy::Listener& listener) { return listener.login != Login::none; });
}

// What a listener asks of whoever comes in.
struct Judge::Door {
    Login login = Login::none;
    const policy::ProtocolSet* protocols = nullptr;  // null: the listener is not in this file
};

Judge::Door Judge::door_of(std::string_view name) const
{
    for (const auto& listener : configuration_.listeners)
        if (listener.name == name)
            return {listener.login, &listener.protocols};
    // A listener that was renamed: who had logged in is taken to log in again.
    return {anyone_logs_in_ ? Login::optional : Login::none, nullptr};
}

Answer Judge::answer(const AccessLine& line) const
{
    // Neither hangs on the rules.
    if (line.reason == word(policy::Reason::own_listener))
        return denied(word(policy::Reason::own_listener));
    if (const auto refused = parse_token_refusal(line.reason))
        return denied(word(*refused));
    const auto door = door_of(line.listener);
    if (door.protocols != nullptr && !door.protocols->contains(*line.protocol))
        return denied("the listener does not open this protocol");

    policy::Subject subject;
    subject.listener = line.listener;
    subject.protocol = *line.protocol;
    subject.client = line.client;
    subject.uid = line.uid;
    subject.at = now_;
    subject.time_of_day = std::chrono::floor<std::chrono::seconds>(line.time);
    if (door.login != Login::none)
        subject.user = line.user;
    if (door.login == Login::required && subject.user.empty())
        return denied("the listener asks for a login");
    if (!subject.user.empty() && !configuration_.users.contains(subject.user))
        return denied(word(policy::Reason::user_gone));

    const auto& policy = configuration_.policy;
    if (const auto refused = policy.refuse_by_name(subject, *line.target, around_))
        return answer_of(*refused, *line.protocol, policy.mode());

    Answer found{Answer::Kind::undecided, {}, "it hangs on an address, and the record has none"};
    for_each_address(line, [&](const protocols::Address& address) {
        const auto decision = policy.judge(subject, *line.target, address, around_);
        if (decision.allowed() || found.kind == Answer::Kind::undecided)
            found = answer_of(decision, *line.protocol, policy.mode());
        return decision.allowed();
    });
    return found;
}

void Comparison::add(const AccessLine& line, const Answer& before, const Answer& after)
{
    ++judged_;
    if (is_same(before, after)) {
        ++unchanged_;
        return;
    }
    const auto change = change_of(before, after);
    auto& group = groups_[{change, words_in(change, before), words_in(change, after)}];
    ++group.count;
    if (group.examples.size() >= most_examples_)
        return;
    const auto text = example_of(line);
    if (is_new(group.examples, text))
        group.examples.push_back(
            fmt::format("{}; {}, id {}", text, review::to_text(line.time), quoted(line.id)));
}

std::uint64_t Comparison::count(Change change) const
{
    std::uint64_t sum = 0;
    for (const auto& [key, group] : groups_)
        if (std::get<Change>(key) == change)
            sum += group.count;
    return sum;
}

std::string Comparison::to_text() const
{
    std::string text;
    for (const auto change : {Change::newly_denied, Change::newly_allowed, Change::newly_pinned,
                              Change::other_rule, Change::undecided})
        text += groups_text(change);
    return text + fmt::format("unchanged: {}\n", unchanged_);
}

std::string Comparison::groups_text(Change change) const
{
    std::vector<const std::pair<const Key, Group>*> groups;
    for (const auto& entry : groups_)
        if (std::get<Change>(entry.first) == change)
            groups.push_back(&entry);
    std::ranges::stable_sort(groups, [](const auto* one, const auto* other) {
        return one->second.count > other->second.count;
    });

    auto text = fmt::format("{}: {}\n", heading(change), count(change));
    for (const auto* entry : groups) {
        const auto& [key, group] = *entry;
        text +=
            fmt::format("  {}: was {}, now {}\n", group.count, std::get<1>(key), std::get<2>(key));
        for (const auto& example : group.examples)
            text += "      " + example + '\n';
    }
    return text;
}

}  // namespace adit::review
