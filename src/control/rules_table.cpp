#include "src/control/rules_table.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "policy/duration.hpp"
#include "policy/moment.hpp"

namespace adit::control {
namespace {

using Json = nlohmann::ordered_json;
using policy::sys_seconds;
using std::chrono::milliseconds;

std::string text_of(const Json& object, const char* key)
{
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::uint64_t number_of(const Json& object, const char* key)
{
    const auto found = object.find(key);
    return found != object.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

std::optional<sys_seconds> moment_of(const Json& object, const char* key)
{
    return policy::parse_instant(text_of(object, key));
}

bool is_unused(const Json& rule, sys_seconds now, milliseconds time)
{
    const auto last = moment_of(rule, "last_hit");
    return !last || *last + time <= now;
}

// When the counting of all these began: the latest beginning, for only from then on is it whole.
std::optional<sys_seconds> whole_since(const Json& rules)
{
    std::optional<sys_seconds> latest;
    for (const auto& rule : rules)
        if (const auto since = moment_of(rule, "since"); since && (!latest || *since > *latest))
            latest = since;
    return latest;
}

std::string remarks(const Json& rule, std::optional<sys_seconds> since)
{
    std::vector<std::string> all;
    const auto would = number_of(rule, "would_hits");
    if (rule.value("observe", false))
        all.push_back(fmt::format("observing: would have decided {}", would));
    else if (would > 0)
        all.push_back(fmt::format("would have decided {}", would));
    if (rule.value("expired", false))
        all.push_back("expired " + text_of(rule, "expires"));
    else if (rule.contains("expires"))
        all.push_back("expires " + text_of(rule, "expires"));
    for (const auto* key : {"owner", "ticket", "reason"})
        if (const auto text = text_of(rule, key); !text.empty())
            all.push_back(fmt::format("{} {}", key, text));
    if (const auto own = moment_of(rule, "since"); own && since && *own != *since)
        all.push_back("counting since " + policy::to_text(*own));
    return all.empty() ? "" : fmt::format("  ({})", fmt::join(all, "; "));
}

std::string line(const Json& rule, std::string_view action, std::string_view name,
                 std::string_view remarks)
{
    const auto last = text_of(rule, "last_hit");
    return fmt::format("{:>10}  {:<20}  {:<5}  {}{}\n", number_of(rule, "hits"),
                       last.empty() ? "never" : last, action, name, remarks);
}

std::optional<sys_seconds> first_since(const Json& told)
{
    std::optional<sys_seconds> first = moment_of(told.value("no_rule", Json::object()), "since");
    for (const auto& rule : told["rules"])
        if (const auto since = moment_of(rule, "since"); since && (!first || *since < *first))
            first = since;
    return first;
}

std::string in_words(const Json& told, std::optional<milliseconds> unused)
{
    const auto since = first_since(told);
    std::string text = fmt::format("policy {}, counting since {}\n", text_of(told, "policy"),
                                   since ? policy::to_text(*since) : "?");
    const auto now = moment_of(told, "now");
    const auto whole = whole_since(told["rules"]);
    if (unused && now && whole && *now - *whole < *unused)
        text += fmt::format(
            "note: not every rule has been counted for {}; one that is listed may "
            "have been in use before\n",
            policy::to_text(*unused));
    if (unused && told["rules"].empty())
        return text + fmt::format("every rule was hit within {}\n", policy::to_text(*unused));
    text += fmt::format("{:>10}  {:<20}  {:<5}  rule\n", "hits", "last hit", "");
    for (const auto& rule : told["rules"])
        text += line(rule, text_of(rule, "action"), text_of(rule, "name"), remarks(rule, since));
    if (unused)
        return text;
    const auto no_rule = told.value("no_rule", Json::object());
    text += line(no_rule, "deny", "(no rule matched)", remarks(no_rule, since));
    if (const auto observed = told.find("observed"); observed != told.end())
        text += line(*observed, "allow", "(denied by the rules, but \"mode\" is \"observe\")", "");
    const auto logins = told.value("logins", Json::object());
    if (const auto failed = number_of(logins, "failed"); failed > 0)
        text += fmt::format("logins: failed {}, locked out {}, refused meanwhile {}\n", failed,
                            number_of(logins, "lockouts"), number_of(logins, "locked"));
    const auto records = told.value("records", Json::object());
    const auto dropped = number_of(records, "dropped");
    const auto refused = number_of(records, "refused");
    if (dropped + refused > 0)
        text += fmt::format("access records lost: {} dropped while the log was full, {} refused\n",
                            dropped, refused);
    return text;
}

}  // namespace

Result<std::string, std::string> rules_table(std::string_view answer, TableForm form,
                                             std::optional<milliseconds> unused)
{
    auto told = Json::parse(answer, nullptr, false);
    if (told.is_object() && told.contains("error"))
        return {boost::system::in_place_error,
                "the gateway refused to answer: " + text_of(told, "error")};
    const auto now = told.is_object() ? moment_of(told, "now") : std::nullopt;
    if (!now || !told.contains("rules") || !told["rules"].is_array())
        return {boost::system::in_place_error, "the gateway's answer cannot be understood"};
    if (unused) {
        Json kept = Json::array();
        for (const auto& rule : told["rules"])
            if (rule.is_object() && is_unused(rule, *now, *unused))
                kept.push_back(rule);
        told["rules"] = std::move(kept);
        told.erase("no_rule");
        told.erase("observed");
    }
    if (form == TableForm::json)
        return {boost::system::in_place_value, told.dump() + "\n"};
    return {boost::system::in_place_value, in_words(told, unused)};
}

}  // namespace adit::control
