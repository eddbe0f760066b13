#include "src/review/question.hpp"

#include <doctest/doctest.h>

#include "policy/load.hpp"
#include "src/review/explained.hpp"
#include "src/review/replay.hpp"

using namespace adit;
using namespace adit::review;
using policy::Conclusion;
using policy::Fact;

namespace {

policy::Configuration configuration(const std::string& rules, const std::string& more = "")
{
    const auto text = R"({"listeners":[{"name":"main","address":"127.0.0.1:1080"}],)" + more +
                      R"("rules":[)" + rules + "]}";
    auto loaded = policy::load(text, {{}, [](const std::string&) { return true; }});
    REQUIRE_MESSAGE(loaded.has_value(), text);
    return std::move(loaded->configuration);
}

Question told(const Told& facts)
{
    auto question = question_of(facts);
    REQUIRE(question.has_value());
    return std::move(*question);
}

policy::Trace trace(const Told& facts, const policy::Configuration& configuration)
{
    return answer(told(facts), configuration, surroundings_of(configuration));
}

std::string wrong_with(const Told& facts)
{
    const auto question = question_of(facts);
    return question ? "nothing" : question.error();
}

}  // namespace

TEST_CASE("a fact that was not told matters only where an answer depends on it")
{
    const auto policy = configuration(
        R"({"name":"office","action":"allow","clients":["10.0.0.0/8"],"ports":[443]},)"
        R"({"name":"dns","action":"allow","ports":[53]})");
    const auto open = trace({"a.example:443", "", "", "", "", {}}, policy);
    CHECK((open.conclusion == Conclusion::undecided));
    CHECK(open.unknown.contains(Fact::client));
    CHECK((trace({"a.example:443", "10.1.1.1", "", "", "", {}}, policy).conclusion ==
           Conclusion::allowed));
    CHECK((trace({"a.example:443", "9.9.9.9", "", "", "", {}}, policy).conclusion ==
           Conclusion::denied));
    CHECK((trace({"a.example:53", "", "", "", "", {}}, policy).conclusion == Conclusion::allowed));
    CHECK((trace({"a.example:53", "", "", "", "", {"10.0.0.1"}}, policy).conclusion ==
           Conclusion::denied));
}

TEST_CASE("what cannot be understood is said")
{
    CHECK(wrong_with({"a.example", "", "", "", "", {}}).find("is not HOST:PORT") !=
          std::string::npos);
    CHECK(wrong_with({"a.example:1", "here", "", "", "", {}})
              .find("--client \"here\" is not an address") == 0);
    CHECK(wrong_with({"a.example:1", "", "", "ftp", "", {}}).find("--protocol \"ftp\"") == 0);
    CHECK(wrong_with({"a.example:1", "", "", "", "", {"b"}}) ==
          "--resolve \"b\" is not an address");
}

TEST_CASE("a request that never reaches the rules says at which door it stops")
{
    const auto stopped = [](const Told& facts, const policy::Configuration& configuration) {
        const auto found = trace(facts, configuration);
        CHECK(found.judged == found.closed_doors.empty());
        CHECK((found.judged || found.conclusion == Conclusion::denied));
        return found.closed_doors.empty() ? "" : found.closed_doors.front();
    };
    const std::string rule = R"({"name":"all","action":"allow"})";
    const auto open = configuration(rule);
    CHECK(stopped({"a.example:1", "", "", "", "side", {}}, open) ==
          "no listener is called \"side\"");
    CHECK(stopped({"a.example:1", "", "", "udp", "main", {}}, open) ==
          "the listener \"main\" does not open udp");
    CHECK(stopped({"a.example:1", "", "", "udp", "", {}}, open) ==
          "the listener \"main\" does not open udp");
    CHECK(stopped({"a.example:1", "", "eve", "", "main", {}}, open) == "");
    const auto login = configuration(rule, R"("users":{"bob":"$y$"},)");
    for (const auto* listener : {"main", ""}) {
        CHECK(stopped({"a.example:1", "", "", "", listener, {}}, login)
                  .starts_with("the listener \"main\" asks for a login"));
        CHECK(stopped({"a.example:1", "", "eve", "", listener, {}}, login) ==
              "no user is called \"eve\"");
        CHECK(stopped({"a.example:1", "", "bob", "", listener, {}}, login) == "");
    }
}

TEST_CASE("a closed door is told with the same members as an answer of the rules")
{
    const auto login =
        configuration(R"({"name":"all","action":"allow"})", R"("users":{"bob":"$y$"},)");
    const auto told_of = [&](const Told& facts) {
        return explained(told(facts), login, surroundings_of(login));
    };
    const auto closed = told_of({"a.example:1", "", "", "", "main", {}});
    CHECK((closed.conclusion == Conclusion::denied));
    CHECK(closed.text ==
          "denied: the listener \"main\" asks for a login, and nothing is judged without a user\n"
          "asked: nobody from an unknown client over an unknown protocol on \"main\" for "
          "a.example:1, at a time when no rule has expired\n");
    CHECK(closed.json ==
          R"({"verdict":"denied","closed_doors":["the listener \"main\" asks for a login, and )"
          R"(nothing is judged without a user"],"mode":"enforce","asked":{"listener":"main",)"
          R"("host":"a.example","port":1},"addresses":[],)"
          R"("limits":{"connect_timeout":"10s","idle_timeout":"1h"}})");
}

TEST_CASE("a record tells every fact, and a name without addresses stays undecided")
{
    const auto line = read_access_line(
        R"({"v":1,"time":"2026-01-02T03:04:05Z","listener":"main","protocol":"socks5","client":"10.0.0.1:5",)"
        R"("host":"a.example","port":443,"resolved":[{"address":"9.9.9.9"},{"address":"8.8.8.8"}],)"
        R"("address":"8.8.8.8:443"})");
    REQUIRE(line.has_value());
    const auto question = question_of(*line);
    REQUIRE(question.has_value());
    CHECK(question->resolved.size() == 2);
    CHECK(question->resolved.front().to_string() == "8.8.8.8");
    const auto web = configuration(R"({"name":"web","action":"allow","ports":[443]})");
    const auto around = surroundings_of(web);
    CHECK((answer(*question, web, around).conclusion == Conclusion::allowed));

    auto without = *line;
    without.resolved.clear();
    without.address.reset();
    CHECK((answer(*question_of(without), web, around).conclusion == Conclusion::undecided));
    without.target.reset();
    CHECK_FALSE(question_of(without).has_value());
}

TEST_CASE("a record is judged by the windows of its own time, and by the rules that are left now")
{
    // A Friday.
    const auto line = read_access_line(
        R"({"v":1,"time":"2026-01-02T03:04:05.678Z","listener":"main","protocol":"connect","client":"10.0.0.1:5",)"
        R"("host":"8.8.8.8","port":443})");
    REQUIRE(line.has_value());
    auto question = question_of(*line);
    REQUIRE(question.has_value());
    using namespace std::chrono;
    question->at = sys_days{2026y / January / 3} + 12h;
    const auto conclusion = [&](const std::string& rule) {
        const auto policy = configuration(R"({"name":"it","action":"allow",)" + rule + "}");
        return answer(*question, policy, surroundings_of(policy)).conclusion;
    };
    CHECK(
        (conclusion(R"("when":{"days":["fri"],"hours":["03:00-04:00"]})") == Conclusion::allowed));
    CHECK((conclusion(R"("when":{"days":["sat"]})") == Conclusion::denied));
    CHECK((conclusion(R"("expires":"2026-01-03T00:00:00Z")") == Conclusion::denied));
    CHECK((conclusion(R"("expires":"2026-01-04T00:00:00Z")") == Conclusion::allowed));
}

TEST_CASE(
    "what a token was refused stays denied with its reason, whatever the rules and the mode say")
{
    const auto record = [](const std::string& reason) {
        const auto line = read_access_line(
            R"({"v":1,"time":"2026-01-02T03:04:05Z","listener":"main","protocol":"connect",)"
            R"("client":"10.0.0.1:5","user":"ci","host":"a.example","port":443,"verdict":"deny",)"
            R"("reason":")" +
            reason + "\"}");
        REQUIRE(line.has_value());
        auto question = question_of(*line);
        REQUIRE(question.has_value());
        return std::move(*question);
    };
    const std::string all = R"({"name":"all","action":"allow"})";
    const auto policy = configuration(all);
    const auto told = explained(record("token_rights"), policy, surroundings_of(policy));
    CHECK((told.conclusion == Conclusion::denied));
    CHECK(told.text ==
          "denied: the token does not reach so far\n"
          "asked: \"ci\" from 10.0.0.1 over connect on \"main\" for a.example:443, at a time when "
          "no rule has expired\n");
    CHECK(
        told.json ==
        R"({"verdict":"denied","reason":"token_rights","mode":"enforce","asked":{"listener":"main",)"
        R"("protocol":"connect","client":"10.0.0.1","user":"ci","host":"a.example","port":443},)"
        R"("addresses":[],"limits":{"connect_timeout":"10s","idle_timeout":"1h"}})");

    const auto expired = answer(record("token_expired"), policy, surroundings_of(policy));
    CHECK((expired.decision.reason == policy::Reason::token_expired));
    CHECK((expired.conclusion == Conclusion::denied));

    const auto observing = configuration(all, R"("mode":"observe",)");
    const auto observed = answer(record("token_rights"), observing, surroundings_of(observing));
    CHECK((observed.conclusion == Conclusion::denied));
    REQUIRE(observed.decision.would.has_value());
    CHECK((observed.decision.would->verdict == policy::Verdict::deny));

    // Any other denial of the past is judged by the rules of now.
    const auto other = answer(record("no_rule"), policy, surroundings_of(policy));
    CHECK((other.conclusion == Conclusion::undecided));
}

TEST_CASE("a client at a unix socket is told by the number of its user")
{
    const auto policy = configuration(R"({"name":"builds","action":"allow","uids":[1001]})");
    CHECK((trace({"a.example:443", "unix:1001", "", "", "", {}}, policy).conclusion ==
           Conclusion::allowed));
    for (const auto* other : {"unix:1002", "unix", "10.0.0.1"})
        CHECK((trace({"a.example:443", other, "", "", "", {}}, policy).conclusion ==
               Conclusion::denied));
    CHECK(
        (trace({"a.example:443", "", "", "", "", {}}, policy).conclusion == Conclusion::undecided));
    for (const auto* wrong : {"unix:", "unix:x", "unix:-1", "unix:1 ", "unix:99999999999"})
        CHECK(wrong_with({"a.example:443", wrong, "", "", "", {}}).find("is not an address") !=
              std::string::npos);
}
