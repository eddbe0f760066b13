#include "src/control/explain_question.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "policy/explanation.hpp"
#include "protocols/result.hpp"
#include "src/control/answers.hpp"

namespace adit::control {
namespace {

using Json = nlohmann::ordered_json;
using policy::Fact;
using protocols::Protocol;

constexpr std::array protocols_known{Protocol::connect, Protocol::http, Protocol::socks5,
                                     Protocol::socks4,  Protocol::udp,  Protocol::bind,
                                     Protocol::forward};

struct Mistake {
    std::string words;
};

// The text of a member; empty when it is missing.
std::optional<std::string> text_of(const Json& question, const char* key)
{
    const auto found = question.find(key);
    if (found == question.end())
        return std::nullopt;
    return found->is_string() ? found->get<std::string>() : found->dump();
}

Result<policy::Address, Mistake> parse_address(const std::string& text)
{
    boost::system::error_code wrong;
    const auto address = boost::asio::ip::make_address(text, wrong);
    if (wrong)
        return Mistake{fmt::format("\"{}\" is no IP address", text)};
    return protocols::unmapped(address);
}

using Addresses = std::vector<policy::Address>;

Result<Addresses, Mistake> read_resolved(const Json& question, const protocols::Target& target,
                                         const gateway::Snapshot& now)
{
    const auto found = question.find("resolve");
    if (found == question.end())
        return policy::assumed_addresses(now.configuration->policy, target, now.around);
    Addresses addresses;
    if (!found->is_array())
        return Mistake{"\"resolve\" is no list"};
    for (const auto& one : *found) {
        const auto address = parse_address(one.is_string() ? one.get<std::string>() : one.dump());
        if (!address)
            return address.error();
        addresses.push_back(*address);
    }
    return addresses;
}

// Keeps the texts that the subject refers to.
struct Facts {
    std::string listener;
    std::string user;
    policy::Subject subject;
};

std::optional<Mistake> read_listener(const Json& question, const policy::Configuration& running,
                                     Facts& facts)
{
    const auto name = text_of(question, "listener");
    if (!name) {
        facts.subject.unknown.add(Fact::listener);
        return std::nullopt;
    }
    const auto& all = running.listeners;
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.name == *name; });
    if (found == all.end())
        return Mistake{fmt::format("there is no listener \"{}\"", *name)};
    facts.listener = *name;
    facts.subject.may_log_in = found->login == protocols::Login::optional;
    return std::nullopt;
}

std::optional<Mistake> read_protocol(const Json& question, Facts& facts)
{
    const auto name = text_of(question, "protocol");
    if (!name) {
        facts.subject.unknown.add(Fact::protocol);
        return std::nullopt;
    }
    for (const auto protocol : protocols_known)
        if (word(protocol) == *name) {
            facts.subject.protocol = protocol;
            return std::nullopt;
        }
    return Mistake{fmt::format("there is no protocol \"{}\"", *name)};
}

std::optional<Mistake> read_client(const Json& question, Facts& facts)
{
    const auto text = text_of(question, "client");
    if (!text) {
        facts.subject.unknown.add(Fact::client);
        return std::nullopt;
    }
    const auto address = parse_address(*text);
    if (!address)
        return address.error();
    facts.subject.client = *address;
    return std::nullopt;
}

std::optional<Mistake> read_user(const Json& question, const policy::Configuration& running,
                                 Facts& facts)
{
    facts.user = text_of(question, "user").value_or("");
    if (!facts.user.empty() && !running.users.contains(facts.user))
        return Mistake{fmt::format("there is no user \"{}\"", facts.user)};
    return std::nullopt;
}

Json error(const Mistake& mistake)
{
    return Json{{"error", mistake.words}};
}

}  // namespace

Json explain(const Json& question, const Running& running)
{
    const auto& configuration = *running.snapshot.configuration;
    Facts facts;
    if (const auto wrong = read_listener(question, configuration, facts))
        return error(*wrong);
    if (const auto wrong = read_protocol(question, facts))
        return error(*wrong);
    if (const auto wrong = read_client(question, facts))
        return error(*wrong);
    if (const auto wrong = read_user(question, configuration, facts))
        return error(*wrong);
    const auto to = text_of(question, "to").value_or("");
    const auto target = protocols::parse_authority(to);
    if (!target)
        return error({fmt::format("\"{}\" is no HOST:PORT: {}", to, words(target.error()))});
    const auto resolved = read_resolved(question, *target, running.snapshot);
    if (!resolved)
        return error(resolved.error());

    facts.subject.listener = facts.listener;
    facts.subject.user = facts.user;
    facts.subject.at = std::chrono::floor<std::chrono::seconds>(running.now);
    const auto trace = policy::explain(configuration.policy, facts.subject, *target, *resolved,
                                       running.snapshot.around);
    Json answer;
    answer["policy"] = configuration.hash;
    answer["conclusion"] = word(trace.conclusion);
    answer["text"] = to_text(trace);
    answer["explanation"] = Json::parse(to_json_text(trace), nullptr, false);
    return answer;
}

}  // namespace adit::control
