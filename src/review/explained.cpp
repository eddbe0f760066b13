#include "src/review/explained.hpp"

#include <fmt/format.h>

#include "policy/duration.hpp"
#include "policy/explanation.hpp"
#include "src/review/configuration_text.hpp"

namespace adit::review {
namespace {

using policy::Conclusion;

std::string limits_text(const policy::Limits& limits)
{
    return fmt::format("limits: connect_timeout {}, idle_timeout {}\n",
                       policy::to_text(limits.connect_timeout),
                       policy::to_text(limits.idle_timeout));
}

// The object of `json` with one member more.
std::string with_limits(std::string json, const policy::Limits& limits)
{
    json.pop_back();
    return json + fmt::format(R"(,"limits":{{"connect_timeout":"{}","idle_timeout":"{}"}}}})",
                              policy::to_text(limits.connect_timeout),
                              policy::to_text(limits.idle_timeout));
}

}  // namespace

Explained explained(const Question& question, const policy::Configuration& configuration,
                    const policy::Surroundings& around)
{
    const auto trace = answer(question, configuration, around);
    auto text = to_text(trace);
    if (trace.conclusion != Conclusion::denied)
        text += limits_text(configuration.limits);
    return {trace.conclusion, std::move(text),
            with_limits(to_json_text(trace), configuration.limits)};
}

}  // namespace adit::review
