#include "policy/load_warnings.hpp"

#include "tests/policy/loading.hpp"

namespace adit::policy {
namespace {

std::string warnings(std::string_view rules, std::string_view more = {})
{
    return lines(loaded(with_rules(rules, more)).warnings);
}

bool warned(const std::string& told, std::string_view of)
{
    return told.find(of) != std::string::npos;
}

TEST_CASE("a file without rules is warned of")
{
    CHECK(warnings("") == "file:2:10: rules: there are no rules, so every request is denied\n");
    const auto result = loaded(R"({ "listeners": [ { "address": "127.0.0.1:1080" } ] })");
    CHECK(lines(result.warnings) == "file:1:1: there are no rules, so every request is denied\n");
}

TEST_CASE("a deny by name below an allow that waits for the address is warned of")
{
    const auto late = [](std::string_view allow, std::string_view deny) {
        return warned(warnings("{ \"action\": \"allow\", " + std::string{allow} +
                               " }, { \"action\": \"deny\", " + std::string{deny} + " }"),
                      "above is asked first and waits for the address");
    };
    CHECK(late(R"("networks": ["10.8.0.0/16"], "ports": [5432])", R"("hosts": ["evil.com"])"));
    CHECK(late(R"("ports": [443])", R"("hosts": ["*.evil.com"], "ports": ["400-500"])"));
    CHECK(late(R"("hosts": ["*.com"])", R"("hosts": ["evil.com"])"));
    CHECK(late(R"("hosts": ["*.com", "a.org"])", R"("hosts": ["*.evil.com"])"));
    CHECK(late(R"("protocols": ["connect"])", R"("hosts": ["*"])"));

    CHECK_FALSE(late(R"("ports": [443])", R"("hosts": ["evil.com"], "ports": [22])"));
    CHECK_FALSE(late(R"("hosts": ["good.com"])", R"("hosts": ["evil.com"])"));
    CHECK_FALSE(late(R"("hosts": ["com"])", R"("hosts": ["*.com"])"));
    CHECK_FALSE(
        late(R"("protocols": ["connect"])", R"("hosts": ["evil.com"], "protocols": ["socks5"])"));
    // Not by name alone: this one waits for the address itself.
    CHECK_FALSE(late(R"("ports": [443])", R"("hosts": ["evil.com"], "networks": ["public"])"));
    CHECK_FALSE(late(R"("ports": [443])", R"("ports": [443])"));
}

TEST_CASE("a denial for other clients than an allow above is not late")
{
    const auto late = [](std::string_view of_allow, std::string_view of_deny) {
        return warned(warnings(R"({ "action": "allow", "ports": [443], "clients": [)" +
                               std::string{of_allow} +
                               R"(] }, { "action": "deny", "hosts": ["evil.com"], "clients": [)" +
                               std::string{of_deny} + "] }"),
                      "above is asked first and waits for the address");
    };
    CHECK_FALSE(late(R"("10.2.0.0/16")", R"("10.3.0.0/16")"));
    CHECK_FALSE(late(R"("10.2.0.0/16")", R"("loopback", "2001:db8::/32")"));
    CHECK_FALSE(late(R"("loopback")", R"("private")"));
    CHECK(late(R"("10.2.0.0/16")", R"("10.2.3.4")"));
    CHECK(late(R"("10.2.3.4", "10.9.0.1")", R"("10.2.0.0/16")"));
    CHECK(late(R"("10.2.0.0/16")", R"("private")"));
    CHECK(late(R"("private", "cgnat")", R"("loopback", "cgnat")"));
    CHECK(late(R"("8.0.0.0/8")", R"("public")"));
    CHECK(late(R"("10.2.0.9")", R"("self")"));
}

TEST_CASE("an allow for some of the denied names is an exception, and not warned of")
{
    CHECK(warnings(R"({ "action": "allow", "hosts": ["good.evil.com"] },
                      { "action": "deny", "hosts": ["*.evil.com"] })") == "");
    CHECK(warnings(R"({ "action": "allow", "hosts": ["*.good.evil.com", "evil.com"] },
                      { "action": "deny", "hosts": ["*.evil.com", "evil.com"] })") == "");
}

TEST_CASE("a denial above the allow rules is as it should be")
{
    CHECK(warnings(R"({ "action": "deny", "hosts": ["evil.com"] },
                      { "action": "allow", "ports": [443] })") == "");
}

TEST_CASE("a network of everything in an allow is warned of, in sets too")
{
    const auto told = warnings(R"({ "action": "allow", "networks": ["0.0.0.0/0", "::/0"] })");
    CHECK(warned(told,
                 "rules[0].networks[0]: 0.0.0.0/0 swallows this machine's loopback and every "
                 "internal IPv4 network"));
    CHECK(warned(told,
                 "rules[0].networks[1]: ::/0 swallows this machine's loopback and every "
                 "internal IPv6 network"));
    CHECK(warned(warnings(R"({ "action": "allow", "networks": ["@all"] })",
                          R"("sets": { "all": { "networks": ["0.0.0.0/0"] } },)"),
                 "rules[0].networks[0]: 0.0.0.0/0 swallows"));
    CHECK(warnings(R"({ "action": "deny", "networks": ["0.0.0.0/0", "::/0"] })") == "");
}

TEST_CASE("an allow that names the metadata service is warned of")
{
    for (const auto* network : {"metadata", "169.254.169.254", "fd00:ec2::254"}) {
        const auto rule = "\"networks\": [\"" + std::string{network} + "\"] }";
        CHECK(warned(warnings("{ \"action\": \"allow\", " + rule), "reaches the metadata service"));
        CHECK(warnings("{ \"action\": \"deny\", " + rule) == "");
    }
    CHECK(warnings(R"({ "action": "allow", "networks": ["169.254.0.0/16"] })") == "");
}

TEST_CASE("sets and groups that no rule uses are warned of")
{
    const auto told =
        warnings(R"({ "action": "allow", "ports": ["@web"], "users": ["@ops"] })",
                 R"("users": { "a": "$y$a" }, "groups": { "ops": ["a"], "dev": ["a"] },
        "sets": { "web": { "ports": [80] }, "lan": { "networks": ["private"] } },)");
    CHECK(told ==
          "file:1:112: groups.dev: no rule uses the group \"dev\"\n"
          "file:2:52: sets.lan: no rule uses the set \"lan\"\n");
}

TEST_CASE("two rules of one name are warned of")
{
    CHECK(warnings(R"({ "name": "web", "action": "deny", "ports": [80] },
                      { "name": "web", "action": "deny" })") ==
          "file:3:23: rules[1]: another rule, rules[0], is called \"web\" too; records will not "
          "tell them apart\n");
}

TEST_CASE("a rule that can never match is warned of, with the rule that stands in its way")
{
    CHECK(warnings(R"({ "name": "web", "action": "allow", "ports": [80, 443] },
                      { "action": "deny", "ports": [25] },
                      { "name": "old", "action": "allow", "ports": [443], "hosts": ["a.com"] })") ==
          "file:4:23: rules[2]: this rule can never match, for rules[0], \"web\", above matches "
          "whatever it matches; put this one above it, or take it out\n");
    const auto never = [](std::string_view first, std::string_view second) {
        return warned(warnings("{ \"action\": \"allow\", \"ports\": [443], " + std::string{first} +
                               " }, { \"action\": \"allow\", \"ports\": [443], " +
                               std::string{second} + " }"),
                      "can never match");
    };
    CHECK(never(R"("hosts": ["*.com"])", R"("hosts": ["a.com", "*.b.com"])"));
    CHECK_FALSE(never(R"("hosts": ["*.com"])", R"("hosts": ["a.com", "a.org"])"));
    CHECK_FALSE(never(R"("observe": true)", R"("hosts": ["a.com"])"));
    CHECK_FALSE(never(R"("expires": "2999-01-01")", R"("hosts": ["a.com"])"));
}

TEST_CASE("a denial waits for no allow that only observes")
{
    CHECK(warnings(R"({ "action": "allow", "ports": [443], "observe": true },
                      { "action": "deny", "hosts": ["evil.com"] })") == "");
}

TEST_CASE("an allow for everyone on every port is warned of")
{
    const auto open = [](std::string_view rule) {
        return warned(warnings("{ \"action\": \"allow\"" + std::string{rule} + " }"),
                      "open to everyone on every port");
    };
    CHECK(open(""));
    CHECK(open(R"(, "ports": ["1-1024", "1025-65535"])"));
    CHECK(open(R"(, "hosts": ["*"], "networks": ["public", "private"])"));
    CHECK_FALSE(open(R"(, "ports": ["1-1024"])"));
    CHECK_FALSE(open(R"(, "clients": ["10.0.0.0/8"])"));
    CHECK_FALSE(open(R"(, "hosts": ["a.com"])"));
    CHECK_FALSE(open(R"(, "networks": ["10.8.0.0/16"])"));
    CHECK_FALSE(open(R"(, "observe": true)"));
}

TEST_CASE("who names every client names nobody")
{
    const auto open = [](std::string_view clients) {
        return warned(
            warnings(R"({ "action": "allow", "clients": [)" + std::string{clients} + "] }"),
            "this rule is open to everyone on every port");
    };
    CHECK(open(R"("0.0.0.0/0", "::/0")"));
    CHECK(open(R"("0.0.0.0/0")"));
    CHECK(open(R"("10.0.0.0/8", "::/0")"));
    CHECK_FALSE(open(R"("10.0.0.0/8")"));
}

TEST_CASE("a rule that expires within a week is warned of, and one that has expired")
{
    using namespace std::chrono;
    const auto told = [](sys_seconds now) {
        LoadOptions options;
        options.now = now;
        return lines(loaded(with_rules(R"({ "action": "allow", "ports": [443],
            "expires": "2027-01-31" })"),
                            options)
                         .warnings);
    };
    const auto end = sys_days{2027y / February / 1};
    CHECK(told(end - days{7} - 1s) == "");
    CHECK(told(end - days{7}) ==
          "file:3:24: rules[0].expires: this rule expires at 2027-02-01T00:00:00Z, within a week; "
          "give it a later day if it is still needed\n");
    CHECK(told(end) ==
          "file:3:24: rules[0].expires: this rule expired at 2027-02-01T00:00:00Z and matches "
          "nothing any more; take it out, or give it a later day\n");
    CHECK(warnings(R"({ "action": "allow", "ports": [443], "expires": "1999-01-31" })") == "");
}

TEST_CASE("a host that looks like an address is warned of, in sets too")
{
    const auto doubted = [](const std::string& host) {
        return warned(
            warnings("{ \"action\": \"deny\", \"hosts\": [\"" + host + "\"], \"ports\": [1] }"),
            "rules[0].hosts[0]: \"" + host + "\"");
    };
    CHECK(doubted("10.0.0.1.nip.io"));
    CHECK(doubted("*.10.0.0.1.nip.io"));
    CHECK(doubted("192.168.1.x"));
    CHECK(doubted("10-0-0-1.example.com"));
    CHECK(doubted("*.0.10.in-addr.arpa"));
    CHECK_FALSE(doubted("1.2.3.example.com"));
    CHECK_FALSE(doubted("4.pool.ntp.org"));
    CHECK_FALSE(doubted("2024-11-05.example.com"));
    CHECK_FALSE(doubted("arpa.example"));
    CHECK(warned(warnings(R"({ "action": "deny", "hosts": ["@odd"], "ports": [1] })",
                          R"("sets": { "odd": { "hosts": ["1.1.1.1.example"] } },)"),
                 "sets.odd.hosts[0]: \"1.1.1.1.example\" looks like an address"));
}

TEST_CASE("a network that swallows a whole internal range and more is warned of")
{
    const auto swallows = [](const std::string& network) {
        return warned(warnings("{ \"action\": \"allow\", \"networks\": [\"" + network + "\"] }"),
                      network + " swallows all of");
    };
    CHECK(swallows("8.0.0.0/5"));
    CHECK(swallows("192.0.0.0/3"));
    CHECK(swallows("f000::/4"));
    CHECK_FALSE(swallows("10.0.0.0/8"));
    CHECK_FALSE(swallows("10.8.0.0/16"));
    CHECK_FALSE(swallows("8.0.0.0/8"));
}

TEST_CASE("a policy that only observes is told of")
{
    CHECK(warned(warnings(R"({ "action": "deny", "ports": [25] })", R"("mode": "observe",)"),
                 ": mode: this policy only observes"));
}

}  // namespace
}  // namespace adit::policy
