#include "policy/explanation.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/policy/judging.hpp"

namespace adit::policy {
namespace {

using namespace testing;

Policy example()
{
    Rule databases = allow("databases").for_users({"alice"}).to_networks({"10.8.0.0/16"});
    databases.ports = ports({{5432, 5432}});
    databases.life.owner = "data team";
    databases.life.ticket = "OPS-17";
    databases.life.expires = std::chrono::sys_days{std::chrono::year{2027} / 2 / 1};
    return policy({allow("web").to_ports({443}), databases,
                   allow("builds").from({"10.2.0.0/16"}).to_hosts({"*.example.com"}),
                   deny("nothing else")});
}

std::string explained(const Policy& rules, const Subject& subject, std::string_view to,
                      std::initializer_list<std::string> addresses)
{
    std::vector<Address> resolved;
    for (const auto& address : addresses)
        resolved.push_back(at(address));
    return to_text(explain(rules, subject, target(to), resolved, {}));
}

TEST_CASE("an explanation names each rule asked, the field that did not match, and each verdict")
{
    CHECK(explained(example(), user("alice"), "db.corp:5432", {"10.8.1.1", "10.9.1.1"}) ==
          "allowed by the rule \"databases\"\n"
          "  its owner: data team\n"
          "  its ticket: OPS-17\n"
          "  its end: 2027-02-01T00:00:00Z\n"
          "asked: \"alice\" from 198.41.0.4 over connect on \"main\" for db.corp:5432, at a time "
          "when no rule has expired\n"
          "by name: not refused, so the name is looked up\n"
          "  rules[0] allow \"web\"          no: 5432 is not among its ports\n"
          "  rules[1] allow \"databases\"    perhaps: it depends on the address\n"
          "  rules[2] allow \"builds\"       no: db.corp is not among its hosts\n"
          "  rules[3] deny \"nothing else\"  matches\n"
          "10.8.1.1 (private): allowed by the rule \"databases\"\n"
          "  rules[0] allow \"web\"        no: 5432 is not among its ports\n"
          "  rules[1] allow \"databases\"  matches\n"
          "  2 rules below were not asked\n"
          "10.9.1.1 (private): denied by the rule \"nothing else\"\n"
          "  rules[0] allow \"web\"          no: 5432 is not among its ports\n"
          "  rules[1] allow \"databases\"    no: 10.9.1.1 (private) is not in its networks\n"
          "  rules[2] allow \"builds\"       no: db.corp is not among its hosts\n"
          "  rules[3] deny \"nothing else\"  matches\n");
}

TEST_CASE("an explanation says when a rule is near, and when it has expired")
{
    const auto near = explained(example(), nobody(), "intranet:443", {"10.0.0.5"});
    CHECK(near.find("denied by the rule \"nothing else\"\n  near: the rule \"web\" would have "
                    "allowed it, were the address public\n") == 0);
    CHECK(near.find("no: 10.0.0.5 (private) is not public, and an allow without \"networks\" means "
                    "public only") != std::string::npos);

    auto late = user("alice");
    late.at = std::chrono::sys_days{std::chrono::year{2027} / 2 / 1};
    const auto expired = explained(example(), late, "10.8.1.1:5432", {});
    CHECK(expired.find("no: it expired at 2027-02-01T00:00:00Z; its owner is data team") !=
          std::string::npos);
    CHECK(expired.find(", at 2027-02-01T00:00:00Z\n") != std::string::npos);
}

TEST_CASE("an explanation says which unknown fact the answer depends on")
{
    const auto rules = example();
    auto someone = nobody();
    someone.unknown.add(Fact::client);
    const auto trace =
        explain(rules, someone, target("git.example.com:22"), std::vector{at("8.8.8.8")}, {});
    CHECK(trace.conclusion == Conclusion::undecided);
    CHECK(answer_in_words(trace) == "undecided: it depends on the client");

    const auto waiting = explain(rules, nobody(), target("a.com:443"), {}, {});
    CHECK(answer_in_words(waiting) == "undecided: it depends on the address");
}

TEST_CASE("an explanation tells what would be, if nothing only observed")
{
    Rule watched = deny("no evil").to_hosts({"evil.com"});
    watched.observe = true;
    const auto text = explained(policy({watched, allow("web").to_ports({443})}), nobody(),
                                "evil.com:443", {"8.8.8.8"});
    CHECK(text.find("  if nothing only observed: denied by the rule \"no evil\"\n") !=
          std::string::npos);
    CHECK(text.find("matches; it only observes, and is passed over") != std::string::npos);
}

TEST_CASE("an explanation says why an address is never reached")
{
    const auto metadata = explained(policy({allow("all").to_networks({"0.0.0.0/0"})}), nobody(),
                                    "169.254.169.254:80", {});
    CHECK(metadata.find("169.254.169.254 (metadata) is reached only by \"metadata\" or the bare "
                        "address in \"networks\"") != std::string::npos);
    const auto never = explained(policy({allow("all")}), nobody(), "0.0.0.0:80", {});
    CHECK(never.starts_with("denied: no rule can allow the unspecified address or broadcast\n"));
}

TEST_CASE("what comes from the network cannot forge lines of an explanation")
{
    const auto text = explained(example(), user("eve\nallowed"), "a.com:443", {"8.8.8.8"});
    CHECK(text.find("\"eve\\u000aallowed\"") != std::string::npos);
}

TEST_CASE("an explanation for machines is one JSON object with the same content")
{
    const auto rules = example();
    auto subject = user("al\"ice\n");
    subject.unknown.add(Fact::protocol);
    const auto trace = explain(rules, subject, target("db.corp:443"),
                               std::vector{at("10.8.1.1"), at("8.8.8.8")}, {});
    const auto text = to_json_text(trace);
    CHECK(text.find('\n') == text.npos);
    auto json = nlohmann::json::parse(text);
    CAPTURE(text);
    CHECK(json["verdict"] == "allowed");
    CHECK(json["rule"] == "web");
    CHECK(json["asked"]["user"] == "al\"ice\n");
    CHECK_FALSE(json["asked"].contains("protocol"));
    CHECK(json["asked"]["port"] == 443);
    CHECK(json["by_name"]["verdict"] == "undecided");
    CHECK(json["addresses"][0]["verdict"] == "denied");
    CHECK(json["addresses"][0]["near"] == "web");
    CHECK(json["addresses"][0]["rules"][0]["field"] == "networks");
    CHECK(json["addresses"][1]["address"] == "8.8.8.8");
    CHECK(json["addresses"][1]["not_asked"] == 3);
}

TEST_CASE("a name of which nothing is said leads to a public address that no rule names")
{
    const auto rules = policy({deny("a").to_networks({"1.0.0.0/8"}),
                               allow("b").to_networks({"2.0.0.0/8", "0.0.0.0/0", "public"})});
    const auto assumed = assumed_addresses(rules, target("a.com:443"), {});
    REQUIRE(assumed.size() == 1);
    CHECK(classify(assumed[0], {}) == Word::public_);
    CHECK_FALSE(network("1.0.0.0/8").contains(assumed[0]));
    CHECK_FALSE(network("2.0.0.0/8").contains(assumed[0]));
    // Where every public address is named, any of them will do.
    const auto all = policy({deny("a").to_networks({"0.0.0.0/1", "128.0.0.0/1"})});
    CHECK(classify(assumed_addresses(all, target("a.com:443"), {}).at(0), {}) == Word::public_);

    const auto local = assumed_addresses(rules, target("app.localhost:80"), {});
    CHECK(local == std::vector{at("127.0.0.1"), at("::1")});
}

}  // namespace
}  // namespace adit::policy
