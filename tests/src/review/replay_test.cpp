#include "src/review/replay.hpp"

#include <array>
#include <random>

#include <doctest/doctest.h>

#include "policy/load.hpp"

using namespace adit;
using namespace adit::review;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

using Kind = Answer::Kind;

policy::Configuration configuration(const std::string& rules, const std::string& more = "")
{
    const auto text = R"({"listeners":[{"name":"main","address":"127.0.0.1:1080"}],)" + more +
                      R"("rules":[)" + rules + "]}";
    auto loaded = policy::load(text, {{}, [](const std::string&) { return true; }});
    REQUIRE_MESSAGE(loaded.has_value(), text);
    return std::move(loaded->configuration);
}

// By CONNECT, unless the members begin with another protocol.
AccessLine line(const std::string& members)
{
    const std::string protocol =
        members.starts_with("\"protocol\"") ? "" : "\"protocol\":\"connect\",";
    const auto read = read_access_line(
        R"({"v":1,"time":"2026-01-02T03:04:05Z","id":"1","listener":"main","client":"10.2.0.9:40000",)" +
        protocol + members + "}");
    REQUIRE_MESSAGE(read.has_value(), members);
    return *read;
}

constexpr std::chrono::sys_seconds now{1'800'000'000s};
constexpr Change unchanged{0xff};

Answer answer(const policy::Configuration& configuration, const AccessLine& line)
{
    return Judge{configuration, now}.answer(line);
}

const char* const tunnel = R"("host":"a.example","port":443,"resolved":[{"address":"8.8.8.8",)"
                           R"("verdict":"allow","rule":"web"}],"address":"8.8.8.8:443",)"
                           R"("verdict":"allow","rule":"web","reason":"rule","ending":"finished")";

const char* const plain_web = R"({"name":"web","action":"allow","ports":[443]})";
const char* const tls_web = R"({"name":"web","action":"allow","ports":[443],"inner":"tls"})";

// How this line differs from what was recorded.
Change change(const policy::Configuration& configuration, const AccessLine& line)
{
    Comparison comparison{0};
    comparison.add(line, recorded_answer(line), answer(configuration, line));
    for (const auto change : {Change::newly_denied, Change::newly_allowed, Change::newly_pinned,
                              Change::other_rule, Change::undecided})
        if (comparison.count(change) != 0)
            return change;
    return unchanged;
}

}  // namespace

TEST_CASE("a recorded tunnel is judged by the address that was connected")
{
    const auto web = configuration(R"({"name":"web","action":"allow","ports":[443]})");
    CHECK((answer(web, line(tunnel)) == Answer{Kind::allow, "web", "rule"}));
    const auto ssh = configuration(R"({"name":"ssh","action":"allow","ports":[22]})");
    CHECK((answer(ssh, line(tunnel)) == Answer{Kind::deny, "", "no_rule"}));
    const auto blocked = configuration(
        R"({"name":"no","action":"deny","networks":["8.8.8.0/24"]},{"name":"web","action":"allow"})");
    CHECK((answer(blocked, line(tunnel)) == Answer{Kind::deny, "no", "rule"}));
}

TEST_CASE("a name is allowed when one of its recorded addresses is")
{
    const auto both = line(
        R"("host":"a.example","port":443,"resolved":[{"address":"8.8.8.8","verdict":"allow"},)"
        R"({"address":"9.9.9.9","verdict":"deny"}],"address":"8.8.8.8:443","verdict":"allow")");
    const auto other = configuration(R"({"name":"nine","action":"allow","networks":["9.9.9.9"]})");
    CHECK((answer(other, both) == Answer{Kind::allow, "nine", "rule"}));
}

TEST_CASE("a record without an address is undecided where the new answer hangs on one")
{
    const auto by_name =
        line(R"("host":"a.example","port":443,"verdict":"deny","rule":"not a","reason":"rule")");
    const auto web = configuration(R"({"name":"web","action":"allow","ports":[443]})");
    CHECK((answer(web, by_name).kind == Kind::undecided));
    const auto ssh = configuration(R"({"name":"ssh","action":"allow","ports":[22]})");
    CHECK((answer(ssh, by_name).kind == Kind::deny));

    const auto literal = line(R"("host":"8.8.8.8","port":443,"verdict":"deny","reason":"no_rule")");
    CHECK((answer(web, literal) == Answer{Kind::allow, "web", "rule"}));
}

TEST_CASE("what a listener asks for and who no longer exists are part of the answer")
{
    const std::string web = R"({"name":"web","action":"allow","ports":[443]})";
    const auto login = configuration(web, R"("users":{"bob":"$y$"},)");
    CHECK(answer(login, line(tunnel)).reason == "the listener asks for a login");
    const auto alice = line(std::string{R"("user":"alice",)"} + tunnel);
    CHECK((answer(login, alice) == Answer{Kind::deny, "", "user_gone"}));
    CHECK((answer(configuration(web), alice) == Answer{Kind::allow, "web", "rule"}));
    const auto bob = line(std::string{R"("user":"bob",)"} + tunnel);
    CHECK((answer(login, bob) == Answer{Kind::allow, "web", "rule"}));
    auto socks = line(tunnel);
    socks.protocol = protocols::Protocol::udp;
    CHECK(answer(configuration(web), socks).reason == "the listener does not open this protocol");
}

TEST_CASE("each destination of a UDP association is judged as protocol udp, by its own address")
{
    const auto association = line(
        R"("protocol":"udp","udp":{"destinations":[{"host":"dns.example","port":53,"address":"9.9.9.9:53",)"
        R"("verdict":"allow","rule":"dns","reason":"rule"},{"host":"8.8.8.8","port":123,"verdict":"deny",)"
        R"("reason":"no_rule"}]})");
    const auto open = [](const std::string& rules) {
        auto loaded = policy::load(R"({"listeners":[{"name":"main","address":"127.0.0.1:1080",)"
                                   R"("protocols":["socks5","udp"]}],"rules":[)" +
                                   rules + "]}");
        REQUIRE(loaded.has_value());
        return std::move(loaded->configuration);
    };
    const auto answers = [&](const policy::Configuration& configuration) {
        std::vector<std::string> all;
        for_each_request(association, [&](const AccessLine& request) {
            all.push_back(words(recorded_answer(request)) + ", " +
                          words(answer(configuration, request)));
        });
        return all;
    };
    using All = std::vector<std::string>;
    CHECK(answers(open(R"({"name":"dns","action":"allow","ports":[53]})")) ==
          All{R"(allowed by "dns", allowed by "dns")", "denied (no_rule), denied (no_rule)"});
    CHECK(answers(open(R"({"name":"tcp","action":"allow","protocols":["socks5"]})")) ==
          All{R"(allowed by "dns", denied (no_rule))", "denied (no_rule), denied (no_rule)"});
    CHECK(answers(open(R"({"name":"time","action":"allow","ports":[123]})")) ==
          All{R"(allowed by "dns", denied (no_rule))", R"(denied (no_rule), allowed by "time")"});
    CHECK(answers(open(R"({"name":"nine","action":"deny","networks":["9.9.9.9"]},)"
                       R"({"name":"dns","action":"allow","ports":[53]})")) ==
          All{R"(allowed by "dns", denied by "nine")", "denied (no_rule), denied (no_rule)"});
}

TEST_CASE("what a token did not reach stays refused, whatever the rules")
{
    const auto web = configuration(R"({"name":"web","action":"allow","ports":[443]})");
    auto narrow = line(tunnel);
    for (const auto* reason : {"token_rights", "token_expired"}) {
        narrow.reason = reason;
        CHECK((answer(web, narrow) == Answer{Kind::deny, "", reason}));
    }
}

TEST_CASE("a refusal of the gateway's own listener stays one, whatever the rules")
{
    const auto own =
        line(R"("host":"10.0.0.5","port":1080,"verdict":"deny","reason":"own_listener")");
    const auto all = configuration(R"({"name":"all","action":"allow","networks":["private"]})");
    CHECK((answer(all, own) == Answer{Kind::deny, "", "own_listener"}));
}

TEST_CASE("what was recorded is read from the verdict, or from the addresses that were tried")
{
    CHECK((recorded_answer(line(tunnel)) == Answer{Kind::allow, "web", "rule"}));
    const auto refused = line(R"("host":"a.example","port":443,"ending":"refused","resolved":[)"
                              R"({"address":"8.8.8.8","verdict":"allow","rule":"web"}])");
    CHECK((recorded_answer(refused) == Answer{Kind::allow, "web", "rule", {}, false}));
    const auto unknown = line(R"("host":"a.example","port":443,"ending":"name_unknown")");
    CHECK((recorded_answer(unknown).kind == Kind::undecided));
}

TEST_CASE("windows are judged at the time of the record, expiry as of now")
{
    // Friday, 03:04 in UTC.
    const auto night = configuration(
        R"({"name":"night","action":"allow","when":{"days":["fri"],"hours":["03:00-04:00"]}})");
    CHECK((answer(night, line(tunnel)) == Answer{Kind::allow, "night", "rule"}));
    const auto day =
        configuration(R"({"name":"day","action":"allow","when":{"hours":["04:00-03:00"]}})");
    CHECK((answer(day, line(tunnel)).kind == Kind::deny));
    const auto over =
        configuration(R"({"name":"over","action":"allow","expires":"2026-01-03T00:00:00Z"})");
    CHECK((answer(over, line(tunnel)).kind == Kind::deny));
}

TEST_CASE("differences are grouped, counted, and shown by different examples")
{
    Comparison comparison{2};
    const auto ssh = configuration(R"({"name":"ssh","action":"allow","ports":[22]})");
    for (int i = 0; i < 5; ++i) {
        const auto one = line(tunnel);
        comparison.add(one, recorded_answer(one), answer(ssh, one));
    }
    const auto other = line(std::string{R"("user":"al\"ice",)"} + tunnel);
    comparison.add(other, recorded_answer(other), answer(ssh, other));
    comparison.add(other, recorded_answer(other), recorded_answer(other));
    CHECK(comparison.count(Change::newly_denied) == 6);
    CHECK(comparison.unchanged() == 1);
    CHECK(comparison.to_text() ==
          "newly denied: 6\n"
          "  6: was allowed by \"web\", now denied (no_rule)\n"
          "      nobody from 10.2.0.9 to a.example:443 by connect (8.8.8.8); "
          "2026-01-02T03:04:05Z, id \"1\"\n"
          "      \"al\\\"ice\" from 10.2.0.9 to a.example:443 by connect (8.8.8.8); "
          "2026-01-02T03:04:05Z, id \"1\"\n"
          "newly allowed: 0\n"
          "newly pinned: 0\n"
          "other rule: 0\n"
          "undecided: 0\n"
          "unchanged: 1\n");
}

TEST_CASE("a tunnel that nobody held to what its rule pins now is newly pinned, not unchanged")
{
    const auto pinning = configuration(tls_web);
    const auto was = [](const std::string& pinned, const std::string& why = "") {
        return line(tunnel + R"(,"inner":{"pinned":")"s + pinned + '"' +
                    (why.empty() ? "" : R"(,"why":")" + why + '"') + "}");
    };
    CHECK((change(pinning, line(tunnel)) == Change::newly_pinned));
    CHECK((change(pinning, was("ssh")) == Change::newly_pinned));
    CHECK((change(pinning, was("tls")) == unchanged));
    CHECK((change(pinning, was("tls", "not TLS")) == unchanged));
    CHECK((change(configuration(plain_web), was("tls")) == unchanged));
    const auto renamed =
        configuration(R"({"name":"the web","action":"allow","ports":[443],"inner":"tls"})");
    CHECK((change(renamed, was("tls")) == Change::other_rule));
    CHECK((change(renamed, line(tunnel)) == Change::newly_pinned));

    Comparison comparison{1};
    comparison.add(was("ssh"), recorded_answer(was("ssh")), answer(pinning, was("ssh")));
    CHECK(comparison.to_text() ==
          "newly denied: 0\n"
          "newly allowed: 0\n"
          "newly pinned: 1\n"
          "  1: was allowed by \"web\", which pins \"ssh\", now allowed by \"web\", which pins "
          "\"tls\"\n"
          "      nobody from 10.2.0.9 to a.example:443 by connect (8.8.8.8); "
          "2026-01-02T03:04:05Z, id \"1\"\n"
          "other rule: 0\n"
          "undecided: 0\n"
          "unchanged: 0\n");
}

TEST_CASE("a pin that no tunnel is held to, or of which no record can tell, is no change")
{
    const auto pinning = configuration(tls_web);
    auto refused = line(tunnel);
    refused.ending = "refused";
    CHECK((change(pinning, refused) == unchanged));
    auto forwarded = line(tunnel);
    forwarded.protocol = protocols::Protocol::http;
    CHECK((change(pinning, forwarded) == Change::newly_denied));
    const auto http =
        configuration(R"({"name":"web","action":"allow","ports":[443],"inner":"http"})");
    CHECK((change(http, forwarded) == unchanged));
    CHECK((change(configuration(tls_web, R"("mode":"observe",)"), line(tunnel)) == unchanged));
    auto denied = line(tunnel);
    denied.verdict = policy::Verdict::deny;
    denied.reason = "no_rule";
    CHECK((change(pinning, denied) == Change::newly_allowed));
}

TEST_CASE("of two configurations the pins are compared, whatever was recorded")
{
    const auto plain = configuration(plain_web);
    const auto pinning = configuration(tls_web);
    auto asked = line(tunnel);
    asked.ending = "refused";
    const auto pinned = [&](const auto& before, const auto& after) {
        Comparison comparison{0};
        comparison.add(asked, answer(before, asked), answer(after, asked));
        return comparison.count(Change::newly_pinned) != 0;
    };
    CHECK(pinned(plain, pinning));
    CHECK_FALSE(pinned(pinning, pinning));
    CHECK_FALSE(pinned(pinning, plain));
}

TEST_CASE("judging again under the same policy changes nothing")
{
    const auto policy = configuration(
        R"({"name":"no","action":"deny","hosts":["b.example"]},)"
        R"({"name":"db","action":"allow","clients":["10.2.0.0/16"],"networks":["10.0.0.0/8"],"ports":[5432]},)"
        R"({"name":"web","action":"allow","hosts":["a.example"],"ports":[443],"inner":"tls"},)"
        R"({"name":"any","action":"allow","ports":[443]},)"
        R"({"name":"end","action":"deny","ports":[80]})");
    const Judge judge{policy, now};
    std::mt19937 random{7};
    const auto pick = [&](auto... choices) {
        const std::array all{std::string{choices}...};
        return all[random() % all.size()];
    };
    Comparison comparison{1};
    for (int i = 0; i < 5000; ++i) {
        auto asked = line(R"("host":")" + pick("a.example", "b.example", "10.1.1.1", "8.8.8.8") +
                          R"(","port":)" + pick("443", "5432", "80", "25"));
        for (int n = static_cast<int>(random() % 3); n > 0; --n)
            asked.resolved.push_back(
                {boost::asio::ip::make_address(pick("10.1.1.1", "8.8.8.8", "127.0.0.1", "9.9.9.9")),
                 {},
                 {}});
        const auto once = judge.answer(asked);
        if (once.kind != Kind::undecided) {
            asked.verdict =
                once.kind == Kind::allow ? policy::Verdict::allow : policy::Verdict::deny;
            asked.rule = once.rule;
            asked.reason = once.reason;
            asked.ending = pick("finished", "refused");
            if (asked.ending == "finished")
                asked.pinned = once.pinned;
            comparison.add(asked, recorded_answer(asked), judge.answer(asked));
        }
    }
    CHECK(comparison.judged() > 1000);
    CHECK(comparison.unchanged() == comparison.judged());
}
