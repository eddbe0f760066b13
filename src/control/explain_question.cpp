#include "src/control/explain_question.hpp"

#include <chrono>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "src/control/answers.hpp"
#include "src/review/explained.hpp"

namespace adit::control {
namespace {

using Json = nlohmann::ordered_json;

// What is no text stands as it was written, to be complained of as such.
std::string text_of(const Json& value)
{
    return value.is_string() ? value.get<std::string>()
                             : value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string member(const Json& asked, const char* key)
{
    const auto found = asked.find(key);
    return found == asked.end() ? std::string{} : text_of(*found);
}

review::Told told_by(const Json& asked)
{
    review::Told told;
    told.target = member(asked, "to");
    told.client = member(asked, "client");
    told.user = member(asked, "user");
    told.protocol = member(asked, "protocol");
    told.listener = member(asked, "listener");
    if (const auto resolved = asked.find("resolve"); resolved != asked.end())
        for (const auto& one : *resolved)
            told.resolved.push_back(text_of(one));
    return told;
}

// What is told only of a request of the past. Gives what is wrong with it, or nothing.
std::string_view read_past(const Json& asked, review::Question& question)
{
    question.recorded = asked.contains("recorded") && asked["recorded"] == true;
    if (const auto reason = member(asked, "token_refusal"); !reason.empty()) {
        question.token_refusal = review::parse_token_refusal(reason);
        if (!question.token_refusal)
            return "\"token_refusal\" is no such reason";
    }
    if (const auto time = member(asked, "time_of_day"); !time.empty()) {
        question.time_of_day = review::moment(time);
        if (!question.time_of_day)
            return "\"time_of_day\" is no time";
    }
    return {};
}

}  // namespace

std::string in_json(const review::Question& question)
{
    Json asked{{"ask", "explain"}, {"to", to_text(question.target)}};
    if (question.client_known)
        asked["client"] = question.client ? question.client->to_string()
                          : question.uid  ? "unix:" + std::to_string(*question.uid)
                                          : "unix";
    if (!question.user.empty())
        asked["user"] = question.user;
    if (question.protocol)
        asked["protocol"] = word(*question.protocol);
    if (question.listener)
        asked["listener"] = *question.listener;
    for (const auto& address : question.resolved)
        asked["resolve"].push_back(address.to_string());
    if (question.recorded)
        asked["recorded"] = true;
    if (question.token_refusal)
        asked["token_refusal"] = word(*question.token_refusal);
    if (question.time_of_day)
        asked["time_of_day"] = review::to_text(*question.time_of_day);
    return asked.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json explain(const Json& asked, const Running& running)
{
    auto question = review::question_of(told_by(asked));
    if (!question)
        return Json{{"error", question.error()}};
    if (const auto wrong = read_past(asked, *question); !wrong.empty())
        return Json{{"error", wrong}};
    question->at = std::chrono::floor<std::chrono::seconds>(running.now);

    const auto& configuration = *running.snapshot.configuration;
    const auto explained = review::explained(*question, configuration, running.snapshot.around);
    Json answer;
    answer["policy"] = configuration.hash;
    answer["conclusion"] = word(explained.conclusion);
    answer["text"] = explained.text;
    answer["explanation"] = Json::parse(explained.json, nullptr, false);
    return answer;
}

}  // namespace adit::control
