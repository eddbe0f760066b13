#include "policy/load.hpp"

#include "policy/json_tree.hpp"
#include "tests/policy/loading.hpp"

namespace adit::policy {
namespace {

using namespace std::chrono_literals;

const std::filesystem::path source{ADIT_SOURCE_DIR};

constexpr std::string_view two_users =
    R"("users": { "alice": "$y$a", "bob": { "password": "$2b$b" } },)";

Configuration configured(std::string_view text)
{
    return loaded(text).configuration;
}

TEST_CASE("the default configuration loads without a warning")
{
    const auto result = loaded(contents(source / "config/adit.json"));
    CHECK(lines(result.warnings) == "");
    REQUIRE(result.configuration.listeners.size() == 1);
    CHECK(to_text(result.configuration.listeners[0].endpoint) == "127.0.0.1:1080");
    REQUIRE(result.configuration.policy.rules().size() == 1);
    CHECK(result.configuration.policy.rules()[0].name == "web and ssh");
}

TEST_CASE("every example loads without a warning")
{
    int examples = 0;
    for (const auto& entry : std::filesystem::directory_iterator{source / "config/examples"}) {
        CAPTURE(entry.path().string());
        CHECK(lines(loaded(contents(entry.path())).warnings) == "");
        ++examples;
    }
    CHECK(examples >= 4);
}

TEST_CASE("what a file leaves out has its default")
{
    const auto configuration = configured(with_rules(R"({ "action": "allow" })"));
    CHECK(configuration.workers == 0);
    CHECK(configuration.users.empty());
    CHECK(configuration.own_addresses.empty());
    CHECK(configuration.control.empty());
    CHECK(configuration.logins.failures == 5);
    CHECK(configuration.logins.client_failures == 50);
    CHECK(configuration.logins.lockout == 1min);
    CHECK(configuration.logins.forget == 15min);
    CHECK(configuration.logins.delay == 250ms);
    CHECK(configuration.tokens.key_file.empty());
    CHECK(configuration.limits.handshake_timeout == 10s);
    CHECK(configuration.limits.connect_timeout == 10s);
    CHECK(configuration.limits.idle_timeout == 1h);
    CHECK(configuration.limits.drain_timeout == 30s);
    CHECK(configuration.resolver.servers.empty());
    CHECK(configuration.resolver.timeout == 5s);
    CHECK(configuration.resolver.nat64.empty());
    CHECK(configuration.log.access == "stdout");
    CHECK(configuration.log.level == LogLevel::info);

    const auto& rule = configuration.policy.rules().at(0);
    CHECK(rule.name == "rules[0]");
    CHECK(rule.action == Action::allow);
    CHECK_FALSE(rule.listeners.has_value());
    CHECK_FALSE(rule.protocols.has_value());
    CHECK_FALSE(rule.clients.has_value());
    CHECK_FALSE(rule.users.has_value());
    CHECK_FALSE(rule.hosts.has_value());
    CHECK_FALSE(rule.networks.has_value());
    CHECK_FALSE(rule.ports.has_value());
}

TEST_CASE("the settings of a file are taken as they are written")
{
    const auto configuration = configured(with_rules(R"({ "action": "deny" })", R"(
        "$schema": "./adit.schema.json",
        "workers": 256,
        "logins": { "failures": 3, "client_failures": 3, "lockout": "10m", "forget": "1h",
                    "delay": "0s" },
        "tokens": { "key_file": "token.key" },
        "limits": { "handshake_timeout": "500ms", "connect_timeout": "1m",
                    "idle_timeout": "7d", "drain_timeout": "0s" },
        "resolver": { "servers": ["10.0.0.53", "10.0.0.54:5353", "[::1]:53", "fd00::53"],
                      "timeout": "2s", "nat64": ["2001:db8:64::/96", "2001:db8::/32"] },
        "log": { "access": "/var/log/adit/access.jsonl", "level": "debug" },
        "control": "/run/adit/control.sock",
        "own_addresses": ["203.0.113.7", "2001:db8::7"],)"));
    CHECK(configuration.workers == 256);
    CHECK(configuration.logins.failures == 3);
    CHECK(configuration.logins.client_failures == 3);
    CHECK(configuration.logins.lockout == 10min);
    CHECK(configuration.logins.forget == 1h);
    CHECK(configuration.logins.delay == 0ms);
    CHECK(configuration.tokens.key_file == "token.key");
    CHECK_FALSE(configuration.tokens.key);
    CHECK(configuration.limits.handshake_timeout == 500ms);
    CHECK(configuration.limits.connect_timeout == 1min);
    CHECK(configuration.limits.idle_timeout == 168h);
    CHECK(configuration.limits.drain_timeout == 0ms);
    REQUIRE(configuration.resolver.servers.size() == 4);
    CHECK(to_text(configuration.resolver.servers[0]) == "10.0.0.53:53");
    CHECK(to_text(configuration.resolver.servers[1]) == "10.0.0.54:5353");
    CHECK(to_text(configuration.resolver.servers[2]) == "[::1]:53");
    CHECK(to_text(configuration.resolver.servers[3]) == "[fd00::53]:53");
    CHECK(configuration.resolver.timeout == 2s);
    REQUIRE(configuration.resolver.nat64.size() == 2);
    CHECK(to_text(configuration.resolver.nat64[0]) == "2001:db8:64::/96");
    CHECK(configuration.log.access == "/var/log/adit/access.jsonl");
    CHECK(configuration.log.level == LogLevel::debug);
    CHECK(configuration.control == "/run/adit/control.sock");
    REQUIRE(configuration.own_addresses.size() == 2);
    CHECK(configuration.own_addresses[0].to_string() == "203.0.113.7");
}

TEST_CASE("every level of the log and every place for records can be chosen")
{
    const auto log = [](std::string_view members) {
        return configured(with_rules(R"({ "action": "deny" })",
                                     "\"log\": { " + std::string{members} + " },"))
            .log;
    };
    CHECK(log(R"("level": "error")").level == LogLevel::error);
    CHECK(log(R"("level": "warning")").level == LogLevel::warning);
    CHECK(log(R"("level": "info")").level == LogLevel::info);
    CHECK(log(R"("when_full": "block")").when_full == WhenFull::block);
    CHECK(log(R"("when_full": "drop")").when_full == WhenFull::drop);
    CHECK(log("").when_full == WhenFull::block);
    CHECK(log(R"("access": "off")").access == "off");
    CHECK(log(R"("access": "stdout")").access == "stdout");
    CHECK(log(R"("access": "./records.jsonl")").access == "./records.jsonl");
}

TEST_CASE("a user is a hash, or an object that holds it")
{
    const auto configuration =
        configured(with_rules(R"({ "action": "allow", "users": ["*"] })", two_users));
    REQUIRE(configuration.users.size() == 2);
    CHECK(configuration.users.at("alice") == "$y$a");
    CHECK(configuration.users.at("bob") == "$2b$b");
}

TEST_CASE("the platform says which password hashes are good")
{
    const auto text = with_rules(R"({ "action": "deny" })", two_users);
    LoadOptions options;
    options.is_password_hash = [](const std::string& hash) { return hash.starts_with("$y$"); };
    const auto told = mistakes_in(text, options);
    CHECK(told.starts_with("file:1:102: users.bob.password: this password hash is malformed"));
    CHECK(told.find("$2b$") == std::string::npos);

    // What does not even look like a hash is never asked about: crypt would take it for DES.
    options.is_password_hash = [](const std::string&) { return true; };
    const auto plain = with_rules("", R"("users": { "eve": "ab01FAX.bQRSU" },)");
    CHECK(mistakes_in(plain, options).find("this is not a password hash") != std::string::npos);
}

// The keys that the schema knows in one object.
std::vector<std::string> keys_of(const json::Value& schema)
{
    std::vector<std::string> keys;
    const auto* properties = schema.find("properties");
    REQUIRE(properties != nullptr);
    for (const auto& member : properties->members)
        keys.push_back(member.key);
    return keys;
}

TEST_CASE("the loader knows every key of the schema")
{
    const auto schema = json::parse(contents(source / "config/adit.schema.json"));
    REQUIRE(schema.has_value());
    const auto& top = *schema->find("properties");
    const auto& shared = *schema->find("$defs");
    struct Level {
        const json::Value* schema;
        std::string before;
        std::string after;
    };
    const Level levels[] = {
        {&*schema, "", ""},
        {top.find("logins"), "\"logins\": {", "}"},
        {top.find("tokens"), "\"tokens\": {", "}"},
        {top.find("limits"), "\"limits\": {", "}"},
        {top.find("resolver"), "\"resolver\": {", "}"},
        {top.find("log"), "\"log\": {", "}"},
        {shared.find("set"), "\"sets\": { \"x\": {", "} }"},
        {shared.find("listener"), "\"listeners\": [ {", "} ]"},
        {shared.find("rule"), "\"rules\": [ {", "} ]"},
    };
    for (const auto& level : levels) {
        REQUIRE(level.schema != nullptr);
        for (const auto& key : keys_of(*level.schema)) {
            CAPTURE(key);
            const auto told =
                mistakes_in("{" + level.before + '"' + key + "\": null" + level.after + "}");
            CHECK(told.find("found null") != std::string::npos);
            CHECK(told.find("unknown key") == std::string::npos);
            CHECK(told.find("not yet") == std::string::npos);
        }
    }
}

TEST_CASE("a mistake reads file, line, column, path and message")
{
    CHECK(to_text({14, 22, "rules[2].ports[0]", "\"44 3\" is not a port; did you mean 443?"},
                  "adit.json") ==
          "adit.json:14:22: rules[2].ports[0]: \"44 3\" is not a port; did you mean 443?");
    CHECK(to_text({1, 1, "", "the file is empty"}, "adit.json") ==
          "adit.json:1:1: the file is empty");
    CHECK(to_text({0, 0, "--listen", "no port"}, "adit.json") == "adit.json: --listen: no port");
}

TEST_CASE("a key that is odd stands in quotes in a path")
{
    CHECK(mistakes_in(R"({ "listeners": [{ "address": "127.0.0.1:0" }], "sets": { "a b": 1 } })")
              .starts_with("file:1:65: sets[\"a b\"]: expected an object"));
}

}  // namespace
}  // namespace adit::policy
