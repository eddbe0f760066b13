#include "policy/load_tests.hpp"

#include "tests/policy/loading.hpp"

namespace adit::policy {
namespace {

// What is wrong with one test of a small policy; empty when it passes.
std::string fault_of(std::string_view test, std::string_view more = {})
{
    return mistakes_in(with_rules(
        R"({ "name": "web", "action": "allow", "ports": [443] },
           { "name": "lan", "action": "allow", "clients": ["10.0.0.0/8"], "networks": ["private"], "ports": [22] },
           { "name": "old", "action": "allow", "hosts": ["old.com"], "ports": [80], "expires": "2027-01-31" })",
        R"("own_addresses": ["203.0.113.7"], "tests": [ {)" + std::string{test} + "} ], " +
            std::string{more}));
}

bool passes(std::string_view test, std::string_view more = {})
{
    return fault_of(test, more).empty();
}

TEST_CASE("a test that is right passes, and the configuration counts it")
{
    const auto file = loaded(with_rules(
        R"({ "action": "allow", "ports": [443] })",
        R"("tests": [ { "to": "a.com:443", "expect": "allow" }, { "to": "a.com:22", "expect": "deny" } ],)"));
    CHECK(file.configuration.tests == 2);
    CHECK(loaded(with_rules(R"({ "action": "deny" })", R"("tests": [],)")).configuration.tests ==
          0);
}

TEST_CASE("a test without addresses means one public address that no rule names")
{
    CHECK(passes(R"("to": "a.com:443", "expect": "allow", "rule": "web")"));
    CHECK(passes(R"("to": "a.com:443", "resolves": ["10.0.0.1"], "expect": "deny")"));
    CHECK(passes(R"("to": "localhost:443", "expect": "deny")"));
}

TEST_CASE("one allowed address is enough for an allow, and a deny needs all of them")
{
    CHECK(passes(R"("to": "a.com:443", "resolves": ["10.0.0.1", "8.8.8.8"], "expect": "allow")"));
    CHECK_FALSE(
        passes(R"("to": "a.com:443", "resolves": ["10.0.0.1", "8.8.8.8"], "expect": "deny")"));
}

TEST_CASE("a test whose answer depends on an unknown fact fails and names the fact")
{
    const auto fault = fault_of(R"("to": "10.0.0.1:22", "expect": "allow")");
    CHECK(fault.find("expected allowed, found undecided: it depends on the client") !=
          std::string::npos);
    CHECK(passes(R"("to": "10.0.0.1:22", "client": "10.9.9.9", "expect": "allow")"));
    CHECK(passes(R"("to": "10.0.0.1:22", "client": "11.9.9.9", "expect": "deny")"));
    CHECK(passes(R"("to": "8.8.8.8:22", "expect": "deny")"));
}

TEST_CASE("a test runs at its own moment, and without one nothing has expired")
{
    CHECK(passes(R"("to": "old.com:80", "expect": "allow", "rule": "old")"));
    CHECK(passes(R"("to": "old.com:80", "expect": "allow", "at": "2027-01-31T23:59:59Z")"));
    CHECK(passes(R"("to": "old.com:80", "expect": "deny", "at": "2027-02-01T00:00:00Z")"));
    LoadOptions late;
    late.now = std::chrono::sys_days{std::chrono::year{2999} / 1 / 1};
    CHECK(mistakes_in(with_rules(R"({ "action": "allow", "expires": "2027-01-31" })",
                                 R"("tests": [ { "to": "a.com:80", "expect": "allow" } ],)"),
                      late) == "");
}

TEST_CASE("a test without a moment takes the times of rules for open, but not those in `not`")
{
    const auto fault = [](std::string_view test) {
        return mistakes_in(with_rules(
            R"({ "name": "work", "action": "allow", "ports": [443],
                 "when": { "days": ["mon-fri"], "hours": ["08:00-18:00"] } },
               { "name": "nights", "action": "allow", "ports": [22], "not": { "when": { "hours": ["08:00-18:00"] } } })",
            R"("tests": [ {)" + std::string{test} + "} ],"));
    };
    CHECK(fault(R"("to": "a.com:443", "expect": "allow", "rule": "work")") == "");
    CHECK(fault(R"("to": "a.com:443", "expect": "allow", "at": "2026-11-27T12:00:00Z")") == "");
    CHECK(fault(R"("to": "a.com:443", "expect": "deny", "at": "2026-11-28T12:00:00Z")") == "");
    CHECK(fault(R"("to": "a.com:22", "expect": "allow", "at": "2026-11-27T20:00:00Z")") == "");
    CHECK(fault(R"("to": "a.com:22", "expect": "allow")")
              .find("found undecided: it depends on the time") != std::string::npos);
}

constexpr std::string_view two_doors = R"({ "listeners": [
      { "name": "in", "address": "127.0.0.1:1080" },
      { "name": "open", "address": "127.0.0.1:1081", "login": "none" } ],
    "users": { "alice": "$y$a" },
    "rules": [ { "name": "web", "action": "allow", "ports": [443] } ],
    "tests": [ {)";

TEST_CASE("a test stands before the doors of the listeners, like a client")
{
    const auto fault = [](std::string_view test) {
        return mistakes_in(std::string{two_doors} + std::string{test} + "} ] }");
    };
    const auto told = [](const std::string& mistake, std::string_view words) {
        return mistake.find(words) != std::string::npos;
    };
    CHECK(told(fault(R"("to": "a.com:443", "listener": "in", "expect": "allow")"),
               R"(found denied: the listener "in" asks for a login)"));
    CHECK(fault(R"("to": "a.com:443", "listener": "in", "expect": "deny")") == "");
    CHECK(fault(R"("to": "a.com:443", "listener": "in", "user": "alice", "expect": "allow")") ==
          "");
    CHECK(fault(R"("to": "a.com:443", "listener": "open", "expect": "allow")") == "");
    CHECK(told(fault(R"("to": "a.com:443", "expect": "allow")"),
               "found undecided: it depends on the listener"));
    CHECK(fault(R"("to": "a.com:443", "user": "alice", "expect": "allow")") == "");
    CHECK(fault(R"("to": "a.com:22", "expect": "deny")") == "");
    CHECK(told(fault(R"("to": "a.com:22", "expect": "deny", "rule": "web")"), "fails"));
}

TEST_CASE("tests are about the file's listeners, also while others are put in their place")
{
    LoadOptions elsewhere;
    elsewhere.listen = {"127.0.0.1:22005"};
    for (const auto& options : {LoadOptions{}, elsewhere}) {
        const auto fault = [&](std::string_view test) {
            return mistakes_in(std::string{two_doors} + std::string{test} + "} ] }", options);
        };
        CHECK(fault(R"("to": "127.0.0.1:1081", "user": "alice", "expect": "deny")") == "");
        CHECK(fault(R"("to": "a.com:443", "listener": "open", "expect": "allow")") == "");
        CHECK(fault(R"("to": "a.com:443", "listener": "in", "expect": "deny")") == "");
        CHECK(fault(R"("to": "a.com:443", "listener": "127.0.0.1:22005", "expect": "allow")")
                  .find("no listener is called \"127.0.0.1:22005\"") != std::string::npos);
    }
    CHECK(mistakes_in(R"({ "rules": [ { "action": "allow", "ports": [443] } ],
                           "tests": [ { "to": "127.0.0.1:22005", "expect": "deny" } ] })",
                      elsewhere) == "");
}

TEST_CASE("listeners that are not used may be wrong, and only the tests miss them")
{
    LoadOptions elsewhere;
    elsewhere.listen = {"127.0.0.1:22005"};
    CHECK(mistakes_in(R"({ "listeners": [ { "name": "x", "address": "nonsense" } ],
                           "rules": [ { "action": "allow", "ports": [443] } ],
                           "tests": [ { "to": "a.com:443", "expect": "allow" } ] })",
                      elsewhere) == "");
}

TEST_CASE("a test knows the gateway's own addresses from the file")
{
    CHECK(passes(R"("to": "203.0.113.7:443", "expect": "deny")"));
    CHECK(passes(R"("to": "127.0.0.1:1080", "expect": "deny")"));
}

TEST_CASE("a test that names the wrong rule fails, though the verdict is right")
{
    CHECK(fault_of(R"("name": "n", "to": "a.com:443", "expect": "allow", "rule": "lan")")
              .find("the test \"n\" fails: expected allowed by \"lan\", found allowed by the rule "
                    "\"web\"") != std::string::npos);
}

TEST_CASE("tests ask what the rules say, also while the policy only observes")
{
    CHECK(passes(R"("to": "a.com:22", "expect": "deny")", R"("mode": "observe",)"));
}

TEST_CASE("tests are not run in a file that has other mistakes")
{
    const auto told = fault_of(R"("to": "a.com:443", "expect": "deny")", R"("workers": -1,)");
    CHECK(told.find("workers") != std::string::npos);
    CHECK(told.find("fails") == std::string::npos);
}

}  // namespace
}  // namespace adit::policy
