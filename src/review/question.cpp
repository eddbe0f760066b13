#include "src/review/question.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "src/review/configuration_text.hpp"

namespace adit::review {

using policy::Fact;
using protocols::Login;

namespace {

Result<Question, std::string> failure(std::string words)
{
    return {boost::system::in_place_error, std::move(words)};
}

const policy::Listener* find_listener(const Question& question,
                                      const policy::Configuration& configuration)
{
    const auto found =
        std::ranges::find_if(configuration.listeners, [&](const policy::Listener& listener) {
            return question.listener && listener.name == *question.listener;
        });
    return found == configuration.listeners.end() ? nullptr : &*found;
}

// Where the listener is not known, a login is possible if any listener knows one.
bool may_log_in(const policy::Listener* listener, const policy::Configuration& configuration)
{
    if (listener != nullptr)
        return listener->login != Login::none;
    return std::ranges::any_of(configuration.listeners, [](const policy::Listener& one) {
        return one.login != Login::none;
    });
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
    question.time_of_day = std::chrono::floor<std::chrono::seconds>(line.time);
    if (line.address)
        question.resolved.push_back(*line.address);
    for (const auto& one : line.resolved)
        if (one.address != line.address)
            question.resolved.push_back(one.address);
    return question;
}

std::optional<std::string> closed_door(const Question& question,
                                       const policy::Configuration& configuration)
{
    const auto* listener = find_listener(question, configuration);
    if (question.listener && listener == nullptr && !question.recorded)
        return "no listener is called " + quoted(*question.listener);
    if (listener != nullptr) {
        if (question.protocol && !listener->protocols.contains(*question.protocol))
            return fmt::format("the listener {} does not open {}", quoted(listener->name),
                               word(*question.protocol));
        if (listener->login == Login::required && question.user.empty())
            return fmt::format(
                "the listener {} asks for a login, and nothing is judged without one; name --user",
                quoted(listener->name));
    }
    const bool named = !question.user.empty() && may_log_in(listener, configuration);
    if (named && !configuration.users.contains(question.user))
        return "no user is called " + quoted(question.user);
    return std::nullopt;
}

policy::Trace answer(const Question& question, const policy::Configuration& configuration,
                     const policy::Surroundings& around)
{
    const auto* listener = find_listener(question, configuration);
    policy::Subject subject;
    subject.may_log_in = may_log_in(listener, configuration);
    if (subject.may_log_in)
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

    const auto& policy = configuration.policy;
    const bool assume = question.resolved.empty() && !question.recorded;
    const auto addresses =
        assume ? policy::assumed_addresses(policy, question.target, around) : question.resolved;
    return policy::explain(policy, subject, question.target, addresses, around);
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
