#include "policy/load_listeners.hpp"

#include "tests/policy/loading.hpp"

namespace adit::policy {
namespace {

using protocols::Login;

constexpr std::string_view a_user = R"("users": { "alice": "$y$a" },)";

// A file with one listener and a rule that names clients, so that no guard stands in the way.
std::string with_listener(std::string_view members, std::string_view more = {})
{
    return "{ \"listeners\": [ { " + std::string{members} + " } ], " + std::string{more} +
           R"("rules": [ { "action": "allow", "clients": ["10.0.0.0/8"] } ] })";
}

Listener listener_of(std::string_view members, std::string_view more = {})
{
    return loaded(with_listener(members, more)).configuration.listeners.at(0);
}

ProtocolSet protocols_of(std::initializer_list<Protocol> list)
{
    ProtocolSet set;
    for (const auto protocol : list)
        set.add(protocol);
    return set;
}

TEST_CASE("a listener without more than an address asks for no login and speaks all dialects")
{
    const auto listener = listener_of(R"("address": "127.0.0.1:1080")");
    CHECK(listener.name == "127.0.0.1:1080");
    CHECK(to_text(listener.endpoint) == "127.0.0.1:1080");
    CHECK_FALSE(listener.dual_stack);
    CHECK(listener.login == Login::none);
    CHECK_FALSE(listener.open);
    CHECK(listener.protocols ==
          protocols_of({Protocol::connect, Protocol::http, Protocol::socks5, Protocol::socks4}));
    CHECK(listener.help);
    CHECK_FALSE(listener.forwarded_for);
}

TEST_CASE("a listener of plain HTTP may tell destinations who the client is")
{
    CHECK(listener_of(R"("address": "127.0.0.1:1080", "forwarded_for": true)").forwarded_for);
    CHECK_FALSE(listener_of(R"("address": "127.0.0.1:1080", "protocols": ["connect"],
        "forwarded_for": false)")
                    .forwarded_for);
}

TEST_CASE("a listener takes every key")
{
    const auto listener = listener_of(R"("name": "main", "address": "0.0.0.0:3128",
        "protocols": ["connect"], "login": "optional", "open": true, "help": false)",
                                      a_user);
    CHECK(listener.name == "main");
    CHECK(to_text(listener.endpoint) == "0.0.0.0:3128");
    CHECK(listener.protocols == protocols_of({Protocol::connect}));
    CHECK(listener.login == Login::optional);
    CHECK(listener.open);
    CHECK_FALSE(listener.help);
}

TEST_CASE("a listener serves UDP when it lists it, beside SOCKS5")
{
    const auto plain =
        listener_of(R"("address": "127.0.0.1:1080", "protocols": ["socks5", "udp"])");
    CHECK(plain.protocols == protocols_of({Protocol::socks5, Protocol::udp}));
    CHECK_FALSE(plain.udp.advertise);
    CHECK_FALSE(plain.udp.bind);
    CHECK(plain.udp.ports == PortRange{0, 0});

    const auto placed = listener_of(R"("address": "127.0.0.1:1080", "protocols": ["udp", "socks5"],
        "udp": { "advertise": "203.0.113.7", "bind": "fd00::7", "ports": "40000-40100" })");
    REQUIRE(placed.udp.advertise);
    CHECK(placed.udp.advertise->to_string() == "203.0.113.7");
    REQUIRE(placed.udp.bind);
    CHECK(placed.udp.bind->to_string() == "fd00::7");
    CHECK(placed.udp.ports == PortRange{40000, 40100});
}

TEST_CASE("an address is IPv4, IPv6 in brackets, or a star for both")
{
    CHECK(to_text(listener_of(R"("address": "[::1]:1080")").endpoint) == "[::1]:1080");
    CHECK(listener_of(R"("address": "127.0.0.1:0")").endpoint.port == 0);
    const auto star = listener_of(R"("address": "*:1080")");
    CHECK(to_text(star.endpoint) == "[::]:1080");
    CHECK(star.dual_stack);
    CHECK_FALSE(listener_of(R"("address": "[::]:1080")").dual_stack);
}

TEST_CASE("a unix socket is its owner's alone, unless it says otherwise")
{
    const auto plain = listener_of(R"("address": "unix:/run/adit.sock")");
    CHECK(plain.name == "unix:/run/adit.sock");
    CHECK_FALSE(plain.has_endpoint());
    CHECK(plain.unix_socket == UnixSocket{"/run/adit.sock", 0600, ""});
    const auto shared = listener_of(
        R"("address": "unix:/run/adit.sock", "unix": { "mode": "660", "group": "proxy" })");
    CHECK(shared.unix_socket == UnixSocket{"/run/adit.sock", 0660, "proxy"});
    const auto longest = "unix:/" + std::string(106, 'x');
    CHECK(listener_of("\"address\": \"" + longest + '"').unix_socket->path.size() == 107);
    CHECK(mistakes_in(with_listener("\"address\": \"" + longest + "x\"")).find("107 bytes") !=
          std::string::npos);
}

TEST_CASE("a listener of the service manager's has a name and no endpoint")
{
    const auto listener = listener_of(R"("name": "web", "address": "systemd:adit-web")");
    CHECK(listener.systemd == "adit-web");
    CHECK_FALSE(listener.has_endpoint());
}

TEST_CASE("a fixed forward speaks no protocol but its own and asks for no login")
{
    const auto listener =
        listener_of(R"("address": "127.0.0.1:5432", "forward": "DB.internal.:5432")", a_user);
    REQUIRE(listener.forward.has_value());
    CHECK(to_text(*listener.forward) == "db.internal:5432");
    CHECK(listener.protocols == protocols_of({Protocol::forward}));
    CHECK(listener.login == Login::none);
}

TEST_CASE("the proxies in front are addresses, networks, words and sets")
{
    const auto listener = listener_of(
        R"("address": "10.0.0.5:1080", "proxy_protocol": { "from": ["@lb", "loopback"] })",
        R"("sets": { "lb": { "networks": ["10.0.0.0/30"] } },)");
    REQUIRE(listener.proxies.has_value());
    const auto from = [&](const char* address) {
        return listener.proxies->contains_client(boost::asio::ip::make_address(address), {});
    };
    CHECK(from("10.0.0.2"));
    CHECK(from("127.0.0.1"));
    CHECK_FALSE(from("10.0.0.4"));
}

TEST_CASE("with users every listener asks for a login, unless it says otherwise")
{
    CHECK(listener_of(R"("address": "127.0.0.1:1080")", a_user).login == Login::required);
    CHECK(listener_of(R"("address": "127.0.0.1:1080")", R"("users": {},)").login ==
          Login::required);
    CHECK(listener_of(R"("address": "127.0.0.1:1080", "login": "none")", a_user).login ==
          Login::none);
    CHECK(listener_of(R"("address": "127.0.0.1:1080", "login": "optional")", a_user).login ==
          Login::optional);
}

TEST_CASE("SOCKS4 is left out where a login is required, and only there")
{
    const auto offers_socks4 = [](std::string_view login) {
        return listener_of(
                   "\"address\": \"127.0.0.1:1080\", \"login\": \"" + std::string{login} + '"',
                   a_user)
            .protocols.contains(Protocol::socks4);
    };
    CHECK_FALSE(offers_socks4("required"));
    CHECK(offers_socks4("optional"));
    CHECK(offers_socks4("none"));
}

TEST_CASE("a listener that others can reach needs a login, clients, users, or the word open")
{
    const auto refused = [](std::string_view listener, std::string_view rule,
                            std::string_view more = {}) {
        const auto text = "{ \"listeners\": [ { " + std::string{listener} + " } ], " +
                          std::string{more} + "\"rules\": [ { \"action\": " + std::string{rule} +
                          " } ] }";
        return mistakes_in(text).find("anyone who can reach this listener") != std::string::npos;
    };
    CHECK(refused(R"("address": "0.0.0.0:1080")", R"("allow")"));
    CHECK(refused(R"("address": "*:1080")", R"("allow", "ports": [443])"));
    CHECK(refused(R"("address": "[2001:db8::1]:1080")", R"("allow")"));
    CHECK(refused(R"("address": "10.0.0.1:1080")", R"("allow", "hosts": ["example.com"])"));
    CHECK(refused(R"("address": "*:1080", "login": "none")", R"("allow")", a_user));
    CHECK(refused(R"("address": "*:1080", "login": "optional")", R"("allow")", a_user));
    CHECK(refused(R"("name": "a", "address": "*:1080")", R"("allow", "listeners": ["a"])"));

    CHECK_FALSE(refused(R"("address": "127.0.0.1:1080")", R"("allow")"));
    CHECK_FALSE(refused(R"("address": "[::1]:1080")", R"("allow")"));
    CHECK_FALSE(refused(R"("address": "*:1080", "open": true)", R"("allow")"));
    CHECK_FALSE(refused(R"("address": "*:1080")", R"("allow", "clients": ["10.0.0.0/8"])"));
    CHECK_FALSE(refused(R"("address": "*:1080")", R"("allow")", a_user));
    CHECK_FALSE(refused(R"("address": "*:1080", "login": "optional")", R"("allow", "users": ["*"])",
                        a_user));
    CHECK_FALSE(refused(R"("address": "*:1080")", R"("deny")"));
    CHECK_FALSE(refused(R"("address": "*:1080", "protocols": ["connect"])",
                        R"("allow", "protocols": ["socks5"])"));
}

TEST_CASE("an allow for another listener opens nothing here")
{
    const auto text = R"({ "listeners": [ { "name": "lan", "address": "0.0.0.0:1080" },
                                          { "name": "own", "address": "127.0.0.1:1081" } ],
        "rules": [ { "action": "allow", "listeners": ["own"] } ] })";
    CHECK(mistakes_in(text) == "");
}

TEST_CASE("--listen replaces the listeners of the file, mistakes in them included")
{
    LoadOptions options;
    options.listen = {"127.0.0.1:3128", "*:0"};
    const auto text = R"({ "listeners": [ { "address": "nowhere" } ], "users": { "a": "$y$a" },
        "rules": [ { "action": "allow" } ] })";
    const auto listeners = loaded(text, options).configuration.listeners;
    REQUIRE(listeners.size() == 2);
    CHECK(listeners[0].name == "127.0.0.1:3128");
    CHECK(listeners[0].login == Login::required);
    CHECK_FALSE(listeners[0].protocols.contains(Protocol::socks4));
    CHECK(listeners[1].dual_stack);

    CHECK(loaded(R"({ "rules": [ { "action": "deny" } ] })", options)
              .configuration.listeners.size() == 2);
}

TEST_CASE("what --listen gets wrong is told without a line")
{
    const auto told = [](std::vector<std::string> listen, std::string_view rule) {
        LoadOptions options;
        options.listen = std::move(listen);
        return mistakes_in(with_rules(rule), options);
    };
    CHECK(told({"1080"}, R"({ "action": "deny" })") ==
          "file: --listen: \"1080\" has no address; did you mean \"127.0.0.1:1080\"?\n");
    CHECK(told({"127.0.0.1:1080", "127.0.0.1:1080"}, R"({ "action": "deny" })") ==
          "file: --listen: the listener \"127.0.0.1:1080\" takes this address and port already\n");
    CHECK(told({"0.0.0.0:1080"}, R"({ "action": "allow" })")
              .starts_with("file: --listen: anyone who can reach this listener"));
    CHECK(
        told({"0.0.0.0:1080"}, R"({ "action": "allow" })")
            .ends_with("describe this listener in the file, with \"open\": true if it is meant\n"));
    CHECK(told({"127.0.0.1:1081"}, R"({ "action": "deny", "listeners": ["main"] })")
              .ends_with("no listener is called \"main\"; --listen has replaced those of the "
                         "file\n"));
}

TEST_CASE("two listeners may share a port on different addresses, and port 0 as often as you like")
{
    CHECK(mistakes_in(R"({ "listeners": [ { "address": "127.0.0.1:1080" },
        { "address": "[::1]:1080" }, { "address": "127.0.0.1:0", "name": "a" },
        { "address": "127.0.0.1:0", "name": "b" }, { "address": "0.0.0.0:3128" },
        { "address": "[::]:3128" } ], "rules": [ { "action": "deny" } ] })") == "");
}

}  // namespace
}  // namespace adit::policy
