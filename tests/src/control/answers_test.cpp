#include "src/control/answers.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "policy/load.hpp"
#include "src/control/explain_question.hpp"
#include "src/control/rules_table.hpp"

using namespace adit;
using namespace std::chrono_literals;
using control::rules_table;
using control::TableForm;

namespace {

constexpr observe::SystemTime noon{std::chrono::seconds{1'700'000'000}};

gateway::Snapshot running()
{
    auto loaded = policy::load(R"({
        "listeners": [{"name": "main", "address": "127.0.0.1:0"}],
        "rules": [
            {"name": "web", "action": "allow", "ports": [443], "owner": "team a", "ticket": "T-1"},
            {"name": "old", "action": "allow", "ports": [80], "expires": "2023-11-01"},
            {"name": "watching", "action": "deny", "hosts": ["x.example"], "observe": true},
            {"name": "nothing else", "action": "deny"}
        ]})");
    REQUIRE(loaded.has_value());
    gateway::Snapshot snapshot;
    loaded->configuration.hash = "0f1e2d3c4b5a";
    snapshot.configuration =
        std::make_shared<policy::Configuration>(std::move(loaded->configuration));
    return snapshot;
}

observe::RuleCounts counts()
{
    observe::RuleCounts all;
    for (const auto* name : {"web", "old", "nothing else"})
        all.rules[name].since = noon - 40h;
    all.no_rule.since = noon - 40h;
    all.rules["web"].hits = 1873;
    all.rules["web"].last_hit = noon - 1h;
    all.rules["watching"] = {0, 12, noon - 39h, noon - 40h};
    return all;
}

std::string ask(std::string_view question)
{
    const auto snapshot = running();
    return control::answer(question, {snapshot, counts(), noon});
}

TEST_CASE("failed logins are counted in the answer about rules, and told when there were any")
{
    const auto snapshot = running();
    const control::Running now{snapshot, counts(), noon, {12, 2, 30}};
    const auto answer = control::answer(R"({"ask":"rules"})", now);
    CHECK(answer.find(R"("logins":{"failed":12,"lockouts":2,"locked":30})") != std::string::npos);
    const auto told = rules_table(answer, TableForm::text, std::nullopt);
    REQUIRE(told.has_value());
    CHECK(told->ends_with("\nlogins: failed 12, locked out 2, refused meanwhile 30\n"));
    const auto quiet = rules_table(ask(R"({"ask":"rules"})"), TableForm::text, std::nullopt);
    CHECK(quiet->find("logins:") == std::string::npos);
}

TEST_CASE(
    "access records that were lost are counted in the answer about rules, and told when there were "
    "any")
{
    const auto snapshot = running();
    const control::Running now{snapshot, counts(), noon, {}, {7, 2}};
    const auto answer = control::answer(R"({"ask":"rules"})", now);
    CHECK(answer.find(R"("records":{"dropped":7,"refused":2})") != std::string::npos);
    const auto told = rules_table(answer, TableForm::text, std::nullopt);
    REQUIRE(told.has_value());
    CHECK(told->ends_with("\naccess records lost: 7 dropped while the log was full, 2 refused\n"));
    const auto quiet = rules_table(ask(R"({"ask":"rules"})"), TableForm::text, std::nullopt);
    CHECK(quiet->find("lost") == std::string::npos);
}

std::string table(std::optional<std::chrono::milliseconds> unused)
{
    const auto told = rules_table(ask(R"({"ask":"rules"})"), TableForm::text, unused);
    REQUIRE(told.has_value());
    return *told;
}

}  // namespace

TEST_CASE("the rules are told in their order with hits, last hit and life")
{
    CHECK(table({}) ==
          "policy 0f1e2d3c4b5a, counting since 2023-11-13T06:13:20Z\n"
          "      hits  last hit                     rule\n"
          "      1873  2023-11-14T21:13:20Z  allow  web  (owner team a; ticket T-1)\n"
          "         0  never                 allow  old  (expired 2023-11-02T00:00:00Z)\n"
          "         0  2023-11-13T07:13:20Z  deny   watching  (observing: would have decided 12)\n"
          "         0  never                 deny   nothing else\n"
          "         0  never                 deny   (no rule matched)\n");
}

TEST_CASE("while the mode only observes, the rules tell what they would have decided")
{
    auto loaded = policy::load(R"({
        "listeners": [{"name": "main", "address": "127.0.0.1:0"}], "mode": "observe",
        "rules": [{"name": "no mail", "action": "deny", "ports": [25]}]})");
    REQUIRE(loaded.has_value());
    gateway::Snapshot snapshot;
    snapshot.configuration =
        std::make_shared<policy::Configuration>(std::move(loaded->configuration));
    observe::RuleCounts counts;
    counts.rules["no mail"] = {0, 3, noon - 1h, noon - 40h};
    counts.no_rule = {1, 7, noon - 2h, noon - 40h};
    counts.observed = {10, 0, noon - 1h, noon - 40h};
    const auto told = rules_table(control::answer(R"({"ask":"rules"})", {snapshot, counts, noon}),
                                  TableForm::text, std::nullopt);
    REQUIRE(told.has_value());
    CHECK(told->ends_with(
        "         0  2023-11-14T21:13:20Z  deny   no mail  (would have decided 3)\n"
        "         1  2023-11-14T20:13:20Z  deny   (no rule matched)  (would have decided 7)\n"
        "        10  2023-11-14T21:13:20Z  allow  (denied by the rules, but \"mode\" is "
        "\"observe\")\n"));
}

TEST_CASE("unused rules are those without a hit for so long, whether counted for so long or not")
{
    const auto day = table(24h);
    CHECK(day.find("web") == std::string::npos);
    CHECK(day.find("watching") != std::string::npos);
    CHECK(day.find("nothing else") != std::string::npos);
    CHECK(day.find("no rule matched") == std::string::npos);
    CHECK(day.find("note:") == std::string::npos);
    CHECK(table(39h + 30min).find("watching") == std::string::npos);
    CHECK(table(720h).find("note: not every rule has been counted for 30d") != std::string::npos);
}

TEST_CASE("an answer that is a complaint, or none, is no table")
{
    CHECK(rules_table(R"({"error":"no"})", TableForm::text).error() ==
          "the gateway refused to answer: no");
    for (const auto* odd : {"", "[]", "{}", R"({"rules":1,"now":"2023-11-13T06:13:20Z"})"})
        CHECK(rules_table(odd, TableForm::json).error() ==
              "the gateway's answer cannot be understood");
}

TEST_CASE("what is asked wrongly is answered with what is wrong")
{
    const struct {
        const char* question;
        const char* words;
    } cases[] = {
        {"what?", "the question is no JSON object"},
        {"{}", "the question has no \\\"ask\\\""},
        {R"({"ask":"password"})", "does not know the question \\\"password\\\""},
        {R"({"ask":"explain"})", "is not HOST:PORT"},
        {R"({"ask":"explain","to":"a:1","client":"x"})", "\\\"x\\\" is not an address"},
        {R"({"ask":"explain","to":"a:1","resolve":["x"]})", "\\\"x\\\" is not an address"},
        {R"({"ask":"explain","to":"a:1","resolve":3})", "\\\"3\\\" is not an address"},
        {R"({"ask":"explain","to":"a:1","protocol":"x"})", "\\\"x\\\""},
        {R"({"ask":"explain","to":"a:1","time_of_day":"noon"})", "\\\"time_of_day\\\" is no time"},
    };
    for (const auto& one : cases) {
        const auto told = ask(one.question);
        CAPTURE(told);
        CHECK(told.find(R"({"error":)") == 0);
        CHECK(told.find(one.words) != std::string::npos);
    }
}

TEST_CASE("the gateway explains by the policy and the clock that it runs with")
{
    const auto told = ask(R"({"ask":"explain","to":"a.example:80","client":"10.2.0.9"})");
    CHECK(told.find(R"({"policy":"0f1e2d3c4b5a","conclusion":"denied","text":)") == 0);
    CHECK(ask(R"({"ask":"explain","to":"a.example:443"})").find(R"("conclusion":"allowed")") !=
          std::string::npos);
    CHECK(ask(R"({"ask":"explain","to":"a.example:443","resolve":["10.0.0.1"]})")
              .find(R"("conclusion":"denied")") != std::string::npos);
    CHECK(ask(R"({"ask":"explain","to":"a.example:443","listener":"x"})")
              .find("no listener is called") != std::string::npos);
}

TEST_CASE("the gateway explains a request of the past by the windows of its own time")
{
    auto loaded = policy::load(R"({
        "listeners": [{"name": "main", "address": "127.0.0.1:0"}],
        "rules": [{"name": "night", "action": "allow", "when": {"hours": ["03:00-04:00"]}}]})");
    REQUIRE(loaded.has_value());
    gateway::Snapshot snapshot;
    snapshot.configuration =
        std::make_shared<policy::Configuration>(std::move(loaded->configuration));
    const auto line = review::read_access_line(
        R"({"v":1,"time":"2023-11-10T03:30:00.999Z","listener":"main","protocol":"connect","client":"10.0.0.1:5",)"
        R"("host":"8.8.8.8","port":443})");
    REQUIRE(line.has_value());
    auto question = review::question_of(*line);
    REQUIRE(question.has_value());
    const auto allowed = [&] {
        const auto answer =
            control::answer(control::in_json(*question), {snapshot, counts(), noon});
        return answer.find(R"("conclusion":"allowed")") != std::string::npos;
    };
    CHECK(allowed());
    question->time_of_day.reset();  // 22:13 by the gateway's clock
    CHECK_FALSE(allowed());
}

TEST_CASE("a question crosses the control socket unharmed")
{
    review::Told told;
    told.target = "[2001:db8::7]:443";
    told.client = "unix";
    told.user = "eve\"\xff";
    told.protocol = "socks5";
    told.listener = "main";
    told.resolved = {"10.0.0.1", "2001:db8::1"};
    const auto question = review::question_of(told);
    REQUIRE(question.has_value());
    CHECK(control::in_json(*question) ==
          R"({"ask":"explain","to":"[2001:db8::7]:443","client":"unix","user":"eve\"�",)"
          R"("protocol":"socks5","listener":"main","resolve":["10.0.0.1","2001:db8::1"]})");
}
