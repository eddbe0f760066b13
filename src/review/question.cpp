#include "src/review/question.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "policy/door.hpp"
#include "src/review/configuration_text.hpp"

namespace adit::review {

using policy::Fact;

namespace {

Result<Question, std::string> failure(std::string words)
{
    return {boost::system::in_place_error, std::move(words)};
}

// A record may tell of a listener that is gone since; a person who names one means one of the file's.
bool names_no_listener(const Question& question, const policy::Configuration& configuration)
{
    return question.listener && !question.recorded &&
           std::ranges::find(configuration.listeners, *question.listener,
                             &policy::Listener::name) == configuration.listeners.end();
}

policy::Subject subject_of(const Question& question)
{
    policy::Subject subject;
    subject.user = question.user;
    subject.client = question.client;
    subject.uid = question.uid;
    subject.at = question.at;
    subject.time_of_day = question.time_of_day;
    if (question.listener)
        subject.listener = *question.listener;
    else
        subject.unknown.add(Fact::listener);
    if (question.protocol)
        subject.protocol = *question.protocol;
    else
        subject.unknown.add(Fact::protocol);
    if (!question.client_known)
        subject.unknown.add(Fact::client);
    return subject;
}

// "unix", or "unix:1000" when the user is known.
bool read_unix_client(std::string_view text, Question& question)
{
    constexpr std::string_view word = "unix";
    if (text == word)
        return true;
    if (!text.starts_with("unix:"))
        return false;
    std::uint32_t uid = 0;
    const auto number = text.substr(word.size() + 1);
    const auto [end, error] = std::from_chars(number.begin(), number.end(), uid);
    question.uid = uid;
    return error == std::errc{} && end == number.end();
}

// What a token reaches stands in the token, which nobody has kept: the record's word counts.
policy::Trace refused_by_token(const policy::Policy& policy, const policy::Subject& subject,
                               const protocols::Target& target, policy::Reason why)
{
    auto trace = not_judged(policy, subject, target, {});
    trace.judged = true;
    trace.decision.reason = why;
    if (policy.observes())
        trace.decision.would = policy::Would{policy::Verdict::deny, why, nullptr};
    return trace;
}

}  // namespace

Result<Question, std::string> question_of(const Told& told)
{
    const auto target = protocols::parse_authority(told.target);
    if (!target)
        return failure(fmt::format(
            "{} is not HOST:PORT, like db.example:5432, 10.0.0.7:22 or [2001:db8::7]:443",
            quoted(told.target)));
    Question question;
    question.target = *target;
    question.user = told.user;
    if (!told.listener.empty())
        question.listener = told.listener;
    if (!told.protocol.empty()) {
        question.protocol = parse_protocol(told.protocol);
        if (!question.protocol)
            return failure(fmt::format(
                "--protocol {}: write connect, http, socks5, socks4, udp, bind or forward",
                quoted(told.protocol)));
    }
    if (!told.client.empty()) {
        question.client_known = true;
        const auto client = protocols::parse_address(told.client);
        if (client)
            question.client = *client;
        else if (!read_unix_client(told.client, question))
            return failure(
                fmt::format("--client {} is not an address; a client at a unix socket is \"unix\", "
                            "or \"unix:\" and the number of its user",
                            quoted(told.client)));
    }
    for (const auto& text : told.resolved) {
        const auto address = protocols::parse_address(text);
        if (!address)
            return failure(fmt::format("--resolve {} is not an address", quoted(text)));
        question.resolved.push_back(*address);
    }
    return question;
}

Result<Question, std::string> question_of(const AccessLine& line)
{
    if (!line.target || !line.protocol)
        return failure(
            "this record holds no complete request, so there is nothing to judge; it "
            "ended as " +
            quoted(line.ending));
    Question question;
    question.target = *line.target;
    question.listener = line.listener;
    question.protocol = line.protocol;
    question.client = line.client;
    question.uid = line.uid;
    question.client_known = true;
    question.user = line.user;
    question.recorded = true;
    question.token_refusal = parse_token_refusal(line.reason);
    question.time_of_day = std::chrono::floor<std::chrono::seconds>(line.time);
    if (line.address)
        question.resolved.push_back(*line.address);
    for (const auto& one : line.resolved)
        if (one.address != line.address)
            question.resolved.push_back(one.address);
    return question;
}

policy::Trace answer(const Question& question, const policy::Configuration& configuration,
                     const policy::Surroundings& around)
{
    const auto& policy = configuration.policy;
    const auto& listeners = configuration.listeners;
    const auto subject = subject_of(question);
    if (question.token_refusal)
        return refused_by_token(policy, subject, question.target, *question.token_refusal);
    if (names_no_listener(question, configuration))
        return not_judged(policy, subject, question.target,
                          {"no listener is called " + quoted(*question.listener)});
    const bool named = !question.user.empty() && user_counts(listeners, subject, question.target);
    if (named && !configuration.users.contains(question.user))
        return not_judged(policy, subject, question.target,
                          {"no user is called " + quoted(question.user)});
    const bool assume = question.resolved.empty() && !question.recorded;
    const auto addresses =
        assume ? policy::assumed_addresses(policy, question.target, around) : question.resolved;
    return explain_at_doors(policy, listeners, subject, question.target, addresses, around);
}

std::optional<std::chrono::sys_seconds> moment(const std::string& at)
{
    using std::chrono::floor;
    using std::chrono::seconds;
    if (at.empty())
        return floor<seconds>(std::chrono::system_clock::now());
    const auto time = parse_time(at);
    if (!time)
        return std::nullopt;
    return floor<seconds>(*time);
}

}  // namespace adit::review
