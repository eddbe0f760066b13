#include "src/cli/explain_running.hpp"

#include <cstdio>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "src/cli/cli.hpp"
#include "src/control/client.hpp"
#include "src/control/explain_question.hpp"

namespace adit::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& object, const char* key)
{
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

int complain(const std::string& about)
{
    fmt::print(stderr, "{}\n", about);
    return misused;
}

int exit_code(const std::string& conclusion)
{
    if (conclusion == "allowed")
        return ok;
    return conclusion == "denied" ? failed : misused;
}

}  // namespace

int explain_running(const review::Question& question, const ControlOptions& control, bool json)
{
    const auto path = control_path(control);
    if (path.empty())
        return misused;
    const auto answer = control::ask(path, control::in_json(question));
    if (!answer)
        return complain(answer.error());
    const auto told = Json::parse(*answer, nullptr, false);
    if (!told.is_object() || !told.contains("explanation"))
        return complain("the gateway refused to answer: " + text_of(told, "error"));
    if (json)
        fmt::print("{}\n", told["explanation"].dump());
    else
        fmt::print("running policy {}\n{}", text_of(told, "policy"), text_of(told, "text"));
    return exit_code(text_of(told, "conclusion"));
}

}  // namespace adit::cli
