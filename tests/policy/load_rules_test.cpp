#include "policy/load_rules.hpp"

#include <algorithm>

#include "tests/policy/loading.hpp"

namespace adit::policy {
namespace {

constexpr std::string_view vocabulary = R"(
    "users": { "alice": "$y$a", "bob": "$y$b", "carol": "$y$c" },
    "groups": { "ops": ["alice", "bob"] },
    "sets": {
        "github": { "hosts": ["github.com", "*.github.com"] },
        "lan": { "networks": ["10.0.0.0/8", "link-local"] },
        "tls": { "ports": [443, "8443-8449"] }
    },)";

// Only the first rule matters.
Rule rule_of(std::string_view fields)
{
    const auto text =
        with_rules("{ \"action\": \"allow\", " + std::string{fields} + " }", vocabulary);
    return loaded(text).configuration.policy.rules().at(0);
}

Host name(std::string_view text)
{
    return *protocols::Domain::parse(text);
}

Address address(const char* text)
{
    return boost::asio::ip::make_address(text);
}

TEST_CASE("rules keep their order, their names and their actions")
{
    const auto configuration = loaded(with_rules(R"(
        { "name": "first", "action": "deny" }, { "action": "allow" }, { "action": "deny" })"))
                                   .configuration;
    const auto& rules = configuration.policy.rules();
    REQUIRE(rules.size() == 3);
    CHECK(rules[0].name == "first");
    CHECK(rules[0].action == Action::deny);
    CHECK(rules[1].name == "rules[1]");
    CHECK(rules[1].action == Action::allow);
    CHECK(rules[2].name == "rules[2]");
}

TEST_CASE("ports are numbers, texts, ranges and sets")
{
    const auto rule = rule_of(R"("ports": [22, "80", "8000-8099", "@tls"])");
    REQUIRE(rule.ports.has_value());
    for (const std::uint16_t port : {22, 80, 443, 8000, 8050, 8099, 8443, 8449})
        CHECK(rule.ports->contains(port));
    for (const std::uint16_t port : {1, 21, 81, 7999, 8100, 8450, 65535})
        CHECK_FALSE(rule.ports->contains(port));
}

TEST_CASE("hosts are names, suffixes and sets, in any letter case")
{
    const auto rule = rule_of(R"("hosts": ["Example.COM.", "*.Lan", "@github", "_srv.host"])");
    REQUIRE(rule.hosts.has_value());
    for (const auto* host :
         {"example.com", "a.lan", "b.a.lan", "github.com", "api.github.com", "_srv.host"})
        CHECK(rule.hosts->contains(name(host)));
    for (const auto* host : {"www.example.com", "lan", "github.co"})
        CHECK_FALSE(rule.hosts->contains(name(host)));
    CHECK(rule_of(R"("hosts": ["*"])").hosts->any());
}

TEST_CASE("networks are addresses, CIDRs, words and sets")
{
    const Surroundings around;
    const auto rule = rule_of(R"("networks": ["192.0.2.7", "2001:db8::/32", "loopback", "@lan"])");
    REQUIRE(rule.networks.has_value());
    for (const auto* inside :
         {"192.0.2.7", "2001:db8::1", "127.0.0.1", "::1", "10.9.8.7", "169.254.1.1"})
        CHECK(rule.networks->allows(Destination{address(inside), around}));
    for (const auto* outside : {"192.0.2.8", "8.8.8.8", "192.168.0.1"})
        CHECK_FALSE(rule.networks->allows(Destination{address(outside), around}));
}

TEST_CASE("clients take what networks take")
{
    const Surroundings around;
    const auto rule = rule_of(R"("clients": ["@lan", "192.168.1.1"])");
    REQUIRE(rule.clients.has_value());
    CHECK(rule.clients->contains_client(address("10.1.1.1"), around));
    CHECK(rule.clients->contains_client(address("192.168.1.1"), around));
    CHECK_FALSE(rule.clients->contains_client(address("192.168.1.2"), around));
}

TEST_CASE("users are names, members of groups, or anyone who is logged in")
{
    const auto some = rule_of(R"("users": ["carol", "@ops"])");
    REQUIRE(some.users.has_value());
    CHECK(some.users->names == std::set<std::string, std::less<>>{"alice", "bob", "carol"});
    CHECK_FALSE(some.users->anyone);
    CHECK(rule_of(R"("users": ["*"])").users->anyone);
}

TEST_CASE("a rule may name every protocol")
{
    const auto result = loaded(with_rules(R"({ "action": "allow", "ports": [443],
        "protocols": ["connect", "http", "socks5", "socks4", "udp", "bind", "forward"] })"));
    const auto protocols = result.configuration.policy.rules().at(0).protocols;
    REQUIRE(protocols.has_value());
    for (const auto protocol : {Protocol::connect, Protocol::http, Protocol::socks5,
                                Protocol::socks4, Protocol::udp, Protocol::bind, Protocol::forward})
        CHECK(protocols->contains(protocol));
    CHECK(lines(result.warnings).empty());
}

TEST_CASE("uids are numbers, or names that this machine knows")
{
    LoadOptions options;
    options.user_number = [](const std::string& name) {
        return name == "builder" ? std::optional<std::uint32_t>{1001} : std::nullopt;
    };
    const auto text = with_rules(R"({ "action": "allow", "uids": [0, "builder", 4294967294] })");
    const auto rule = loaded(text, options).configuration.policy.rules().at(0);
    CHECK(rule.uids == std::set<std::uint32_t>{0, 1001, 4294967294});
    CHECK(mistakes_in(text).find("this machine has no user called \"builder\"") !=
          std::string::npos);
}

TEST_CASE("a rule names listeners by their name, or by their address when they have none")
{
    const auto text = R"({ "listeners": [ { "name": "main", "address": "127.0.0.1:1080" },
                                          { "address": "[::1]:1080" } ],
        "rules": [ { "action": "allow", "listeners": ["main", "[::1]:1080"] } ] })";
    const auto rule = loaded(text).configuration.policy.rules().at(0);
    CHECK(rule.listeners == std::set<std::string, std::less<>>{"main", "[::1]:1080"});
}

TEST_CASE("a mistake in a definition is told once, not again wherever it is used")
{
    const auto told = mistakes_in(
        R"({ "listeners": [ { "name": "main", "address": "1080" } ],
             "users": { "alice": "plain" }, "groups": { "ops": ["alice"] },
             "sets": { "tls": { "ports": [0] } },
             "rules": [ { "action": "allow", "listeners": ["main"], "users": ["@ops", "alice"],
                          "ports": ["@tls"] } ] })");
    CHECK(std::ranges::count(told, '\n') == 3);
}

TEST_CASE("a member that stands twice is one mistake, and its first value is read")
{
    const auto told = mistakes_in(with_rules(R"({ "action": "deny", "action": 7 })"));
    CHECK(told ==
          "file:2:31: rules[0].action: \"action\" stands here twice; it first stands in "
          "line 2, column 13\n");
}

}  // namespace
}  // namespace adit::policy
