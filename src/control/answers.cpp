#include "src/control/answers.hpp"

#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "policy/moment.hpp"
#include "src/control/explain_question.hpp"

namespace adit::control {
namespace {

using Json = nlohmann::ordered_json;

std::string in_words(observe::SystemTime time)
{
    return policy::to_text(std::chrono::floor<std::chrono::seconds>(time));
}

void put_unless_empty(Json& object, const char* key, const std::string& text)
{
    if (!text.empty())
        object[key] = text;
}

void put_count(Json& object, const observe::RuleCount& count)
{
    object["hits"] = count.hits;
    if (count.would_hits > 0)
        object["would_hits"] = count.would_hits;
    if (count.last_hit)
        object["last_hit"] = in_words(*count.last_hit);
    if (count.since)
        object["since"] = in_words(*count.since);
}

observe::RuleCount count_of(const observe::RuleCounts& counts, std::string_view rule)
{
    const auto found = counts.rules.find(rule);
    return found == counts.rules.end() ? observe::RuleCount{} : found->second;
}

Json describe(const policy::Rule& rule, const Running& running)
{
    Json object;
    object["name"] = rule.name;
    object["action"] = rule.action == policy::Action::allow ? "allow" : "deny";
    if (rule.observe)
        object["observe"] = true;
    put_count(object, count_of(running.counts, rule.name));
    put_unless_empty(object, "owner", rule.life.owner);
    put_unless_empty(object, "reason", rule.life.reason);
    put_unless_empty(object, "ticket", rule.life.ticket);
    if (rule.life.expires) {
        object["expires"] = policy::to_text(*rule.life.expires);
        object["expired"] =
            rule.life.expired(std::chrono::floor<std::chrono::seconds>(running.now));
    }
    return object;
}

Json all_rules(const Running& running)
{
    Json answer;
    answer["policy"] = running.snapshot.configuration->hash;
    answer["now"] = in_words(running.now);
    answer["rules"] = Json::array();
    for (const auto& rule : running.snapshot.configuration->policy.rules())
        answer["rules"].push_back(describe(rule, running));
    put_count(answer["no_rule"], running.counts.no_rule);
    if (running.snapshot.configuration->policy.mode() == policy::Mode::observe ||
        running.counts.observed.hits > 0)
        put_count(answer["observed"], running.counts.observed);
    answer["logins"] = {{"failed", running.logins.failed},
                        {"lockouts", running.logins.lockouts},
                        {"locked", running.logins.locked}};
    answer["records"] = {{"dropped", running.losses.dropped}, {"refused", running.losses.refused}};
    return answer;
}

Json error(std::string words)
{
    return Json{{"error", std::move(words)}};
}

Json answer_to(const Json& question, const Running& running)
{
    const auto ask = question.find("ask");
    if (ask == question.end() || !ask->is_string())
        return error("the question has no \"ask\"");
    if (*ask == "rules")
        return all_rules(running);
    if (*ask == "explain")
        return explain(question, running);
    return error("this gateway does not know the question \"" + ask->get<std::string>() + '"');
}

}  // namespace

std::string answer(std::string_view question, const Running& running)
{
    const auto parsed = Json::parse(question, nullptr, false);
    const auto told =
        parsed.is_object() ? answer_to(parsed, running) : error("the question is no JSON object");
    return told.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace adit::control
