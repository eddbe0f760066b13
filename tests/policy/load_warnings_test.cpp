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

}  // namespace
}  // namespace adit::policy
