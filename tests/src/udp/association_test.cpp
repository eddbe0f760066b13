// An association between real sockets on loopback, with a policy and a resolver of the test's own.
#include "src/udp/association.hpp"

#include <optional>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include "tests/src/dial/loop.hpp"
#include "tests/support/dns_server.hpp"
#include "tests/support/tcp_pair.hpp"

namespace {

using namespace adit;
using namespace std::string_literals;
using dial::Family;
using tests::DnsServer;
using tests::run_until;

protocols::Address address(const char* text)
{
    return asio::ip::make_address(text);
}

// What an association asks it, a test may change at any time.
struct Rules {
    std::uint64_t version = 1;
    std::set<std::string> refused;         // names and addresses
    std::set<std::string> own;             // addresses of the gateway
    std::vector<policy::Verdict> counted;  // what decided() was told
};

class TestJudge : public udp::Judge {
public:
    explicit TestJudge(Rules& rules) : rules_{rules} {}
    std::uint64_t policy() override { return rules_.version; }
    std::optional<policy::Decision> refuse_by_name(const protocols::Target& target) override
    {
        return rules_.refused.contains(to_text(target.host)) ? std::optional{policy::Decision{}}
                                                             : std::nullopt;
    }
    policy::Decision judge(const protocols::Target&, const protocols::Address& asked) override
    {
        policy::Decision decision;
        if (!rules_.refused.contains(asked.to_string()))
            decision.verdict = policy::Verdict::allow;
        return decision;
    }
    bool is_own(const protocols::Address& asked) const override
    {
        return rules_.own.contains(asked.to_string());
    }
    void decided(const policy::Decision& decision) override
    {
        rules_.counted.push_back(decision.verdict);
    }

private:
    Rules& rules_;
};

// A socket of the test: a client's or a server's.
struct Party {
    explicit Party(asio::io_context& loop, const char* on = "127.0.0.1")
        : socket{*udp::open_at(loop, address(on))}, at{udp::place_of(socket)}
    {
        socket.non_blocking(true);
    }
    void send(const std::string& bytes, const protocols::Endpoint& to)
    {
        socket.send_to(asio::buffer(bytes), {to.address, to.port});
    }
    // Empty when nothing has come.
    std::optional<std::string> receive()
    {
        std::string bytes(2000, '\0');
        boost::system::error_code nothing;
        const auto size = socket.receive_from(asio::buffer(bytes), from, 0, nothing);
        if (nothing)
            return std::nullopt;
        bytes.resize(size);
        return bytes;
    }
    protocols::Endpoint sender() const { return {from.address(), from.port()}; }

    udp::Socket socket;
    protocols::Endpoint at;
    asio::ip::udp::endpoint from;
};

struct World {
    World()
    {
        policy::ResolverSettings settings;
        settings.servers = {dns.endpoint()};
        resolver.apply(settings);
        auto socket = *udp::open_at(loop, address("127.0.0.1"));
        relay = udp::place_of(socket);
        association = std::make_shared<udp::Association>(
            shared, std::make_unique<TestJudge>(rules), control.ours, address("127.0.0.1"),
            std::move(socket), *census.admit(address("127.0.0.1")));
        association->start([this](const udp::Totals& told) { totals = told; });
    }

    static std::string header(const std::string& host, std::uint16_t port)
    {
        const auto parsed = protocols::parse_host(host);
        REQUIRE(parsed.has_value());
        if (const auto* literal = std::get_if<protocols::Address>(&*parsed))
            return protocols::socks5_datagram_header({*literal, port});
        return "\0\0\0\3"s + static_cast<char>(host.size()) + host + static_cast<char>(port >> 8) +
               static_cast<char>(port & 0xff);
    }
    static std::string header(const protocols::Endpoint& to)
    {
        return protocols::socks5_datagram_header(to);
    }
    std::string heard_by(Party& party)
    {
        std::optional<std::string> heard;
        REQUIRE(run_until(loop, [&] {
            heard = party.receive();
            return heard.has_value();
        }));
        return *heard;
    }
    // Forgets what DNS has said.
    void ask_again_at_once()
    {
        policy::ResolverSettings settings;
        settings.servers = {dns.endpoint()};
        settings.timeout = std::chrono::minutes{1};
        resolver.apply(settings);
        shared.addresses_life = std::chrono::milliseconds{0};
        ++rules.version;  // verdicts are given anew, too
    }
    const udp::Totals& end()
    {
        association->stop();
        REQUIRE(run_until(loop, [&] { return totals.has_value(); }));
        return *totals;
    }

    // The loop may hold the association until its end, so these outlive it.
    udp::Census census;
    Rules rules;
    asio::io_context loop{1};
    DnsServer dns{loop};
    dial::Resolver resolver{loop};
    std::uint32_t tick = 7;
    udp::Shared shared{loop, resolver, tick};
    tests::TcpPair control{tests::connect_pair(loop)};
    protocols::Endpoint relay;
    std::optional<udp::Totals> totals;
    std::shared_ptr<udp::Association> association;
};

TEST_CASE("a datagram goes where its header says, and its answer says where it came from")
{
    World world;
    Party client{world.loop};
    Party server{world.loop};
    client.send(World::header(server.at) + "question", world.relay);
    CHECK(world.heard_by(server) == "question");
    server.send("answer", server.sender());
    CHECK(world.heard_by(client) == World::header(server.at) + "answer");
    CHECK(client.sender() == world.relay);
    CHECK(world.association->last_active() == 7);

    const auto& traffic = world.end().traffic;
    REQUIRE(traffic.destinations.size() == 1);
    const auto& counts = traffic.destinations.front().counts;
    CHECK(counts.sent == 1);
    CHECK(counts.received == 1);
    CHECK(counts.up == 8);
    CHECK(counts.down == 6);
    CHECK(traffic.dropped.none());
}

TEST_CASE("the first well-formed datagram from the client's address takes the association")
{
    World world;
    Party client{world.loop};
    Party neighbour{world.loop};
    Party stranger{world.loop, "127.0.0.2"};
    Party server{world.loop};
    const auto header = World::header(server.at);
    stranger.send(header + "stranger", world.relay);
    neighbour.send("nonsense", world.relay);
    neighbour.send("\0\0\1"s + header.substr(3) + "fragment", world.relay);
    client.send(header + "first", world.relay);
    CHECK(world.heard_by(server) == "first");
    neighbour.send(header + "too late", world.relay);
    client.send(header + "second", world.relay);
    CHECK(world.heard_by(server) == "second");

    const auto& dropped = world.end().traffic.dropped;
    CHECK(dropped.stranger == 2);
    CHECK(dropped.malformed == 1);
    CHECK(dropped.fragment == 1);
}

TEST_CASE("nobody is heard to whom the client has not written")
{
    World world;
    Party client{world.loop};
    Party server{world.loop};
    Party stranger{world.loop};
    client.send(World::header(server.at) + "question", world.relay);
    CHECK(world.heard_by(server) == "question");
    stranger.send("unasked", {address("127.0.0.1"), server.sender().port});
    server.send("answer", server.sender());
    CHECK(world.heard_by(client) == World::header(server.at) + "answer");
    CHECK(world.end().traffic.dropped.unasked == 1);
}

TEST_CASE("a name is looked up while other datagrams pass, and what waits for it is sent in order")
{
    World world;
    Party client{world.loop};
    Party server{world.loop};
    world.dns.answers("a.example", Family::ipv4, {address("127.0.0.1")});
    world.dns.holds("a.example", Family::ipv4);
    client.send(World::header("a.example", server.at.port) + "1", world.relay);
    client.send(World::header("a.example", server.at.port) + "2", world.relay);
    client.send(World::header(server.at) + "passes", world.relay);
    CHECK(world.heard_by(server) == "passes");
    REQUIRE(run_until(world.loop, [&] { return world.dns.asked("a.example", Family::ipv4) > 0; }));
    world.dns.release("a.example", Family::ipv4);
    CHECK(world.heard_by(server) == "1");
    CHECK(world.heard_by(server) == "2");
}

TEST_CASE("no more than 16 datagrams wait for a name")
{
    World world;
    Party client{world.loop};
    Party server{world.loop};
    world.dns.is_silent_about("slow.example");
    for (int i = 0; i < 20; ++i)
        client.send(World::header("slow.example", 53) + "x", world.relay);
    client.send(World::header(server.at) + "after them", world.relay);
    CHECK(world.heard_by(server) == "after them");
    CHECK(world.end().traffic.dropped.unresolved == 4);
}

TEST_CASE("a name that does not exist has no verdict, and its datagrams are dropped")
{
    World world;
    Party client{world.loop};
    client.send(World::header("unknown.example", 53) + "x", world.relay);
    REQUIRE(run_until(world.loop, [&] {
        return world.dns.asked("unknown.example", Family::ipv4) > 0 &&
               world.dns.asked("unknown.example", Family::ipv6) > 0;
    }));
    Party server{world.loop};
    client.send(World::header(server.at) + "x", world.relay);
    CHECK(world.heard_by(server) == "x");
    const auto& traffic = world.end().traffic;
    REQUIRE(traffic.destinations.size() == 2);
    CHECK_FALSE(traffic.destinations.back().verdict);
}

TEST_CASE("of a name's addresses the first that is allowed is used")
{
    World world;
    Party client{world.loop};
    Party server{world.loop};
    world.rules.refused = {"127.0.0.9"};
    world.dns.answers("a.example", Family::ipv4, {address("127.0.0.9"), address("127.0.0.1")});
    client.send(World::header("a.example", server.at.port) + "x", world.relay);
    CHECK(world.heard_by(server) == "x");
}

TEST_CASE("a name that is refused is not looked up")
{
    World world;
    Party client{world.loop};
    Party server{world.loop};
    world.rules.refused = {"bad.example"};
    client.send(World::header("bad.example", 53) + "x", world.relay);
    client.send(World::header(server.at) + "after it", world.relay);
    CHECK(world.heard_by(server) == "after it");
    CHECK(world.dns.asked() == 0);
    CHECK(world.end().traffic.dropped.refused == 1);
}

TEST_CASE("a new policy judges a live destination anew, in both directions")
{
    World world;
    Party client{world.loop};
    Party server{world.loop, "127.0.0.3"};
    Party other{world.loop};
    client.send(World::header(server.at) + "before", world.relay);
    CHECK(world.heard_by(server) == "before");
    client.send(World::header(server.at) + "again", world.relay);
    CHECK(world.heard_by(server) == "again");
    CHECK(world.rules.counted.size() == 1);

    world.rules.refused = {"127.0.0.3"};
    ++world.rules.version;
    server.send("late answer", server.sender());
    client.send(World::header(server.at) + "refused", world.relay);
    client.send(World::header(other.at) + "passes", world.relay);
    CHECK(world.heard_by(other) == "passes");
    CHECK_FALSE(server.receive());
    CHECK_FALSE(client.receive());
    CHECK(world.rules.counted ==
          std::vector{policy::Verdict::allow, policy::Verdict::deny, policy::Verdict::allow});

    world.rules.refused.clear();
    ++world.rules.version;
    client.send(World::header(server.at) + "after", world.relay);
    CHECK(world.heard_by(server) == "after");
}

TEST_CASE("a flow goes on while its name is looked up again, and a new policy holds meanwhile")
{
    World world;
    Party client{world.loop};
    Party server{world.loop, "127.0.0.3"};
    Party other{world.loop};
    const auto to_name = World::header("a.example", server.at.port);
    world.dns.answers("a.example", Family::ipv4, {address("127.0.0.3")});
    client.send(to_name + "before", world.relay);
    CHECK(world.heard_by(server) == "before");

    world.dns.is_silent_about("a.example");
    world.ask_again_at_once();
    client.send(to_name + "meanwhile", world.relay);
    CHECK(world.heard_by(server) == "meanwhile");
    server.send("answer", server.sender());
    CHECK(world.heard_by(client) == World::header(server.at) + "answer");

    world.rules.refused = {"127.0.0.3"};
    ++world.rules.version;
    server.send("late answer", server.sender());
    client.send(to_name + "refused", world.relay);
    client.send(World::header(other.at) + "passes", world.relay);
    CHECK(world.heard_by(other) == "passes");
    CHECK_FALSE(server.receive());
    CHECK_FALSE(client.receive());
}

TEST_CASE("a flow keeps its address while DNS fails, and loses it when the name is gone")
{
    World world;
    Party client{world.loop};
    Party server{world.loop};
    const auto to_name = World::header("a.example", server.at.port);
    const auto asked = [&] { return world.dns.asked("a.example", Family::ipv6); };
    world.dns.answers("a.example", Family::ipv4, {address("127.0.0.1")});
    client.send(to_name + "before", world.relay);
    CHECK(world.heard_by(server) == "before");

    world.dns.says("a.example", DnsServer::server_failure);
    world.ask_again_at_once();
    for (const auto before = asked(); asked() == before;) {
        client.send(to_name + "kept", world.relay);
        CHECK(world.heard_by(server) == "kept");
    }

    world.dns.says("a.example", DnsServer::no_such_name);
    Party other{world.loop};
    world.resolver.apply({});
    world.ask_again_at_once();
    bool lost = false;
    REQUIRE(run_until(world.loop, [&] {
        ++world.rules.version;
        client.send(to_name + "lost", world.relay);
        client.send(World::header(other.at) + "passes", world.relay);
        lost = other.receive() && !server.receive();
        return lost;
    }));
}

TEST_CASE("what another association sends is not taken for the client's, though both are here")
{
    World world;
    Party client{world.loop};
    Party impostor{world.loop};
    Party server{world.loop};
    world.rules.own = {"127.0.0.1"};
    auto another = *world.census.admit(address("127.0.0.1"));
    another.sends_from(impostor.at.port);
    impostor.send(World::header(server.at) + "false", world.relay);
    client.send(World::header(server.at) + "true", world.relay);
    CHECK(world.heard_by(server) == "true");
    CHECK(world.end().traffic.dropped.stranger == 1);
}

TEST_CASE("an association ends with its TCP connection")
{
    World world;
    CHECK(world.control.theirs.send("what comes in on it means nothing"));
    world.control.theirs.say_fin();
    REQUIRE(run_until(world.loop, [&] { return world.totals.has_value(); }));
    CHECK(world.totals->end == udp::End::finished);

    World lost;
    lost.control.theirs.reset();
    REQUIRE(run_until(lost.loop, [&] { return lost.totals.has_value(); }));
    CHECK(lost.totals->end == udp::End::reset);
}

TEST_CASE("an association that is stopped gives its port and its place back")
{
    World world;
    CHECK(world.end().end == udp::End::stopped);
    const auto again =
        udp::open_at(world.loop, world.relay.address, {world.relay.port, world.relay.port});
    CHECK(again.has_value());
}

TEST_CASE("a relay's port comes from the range, and a range that is taken gives none")
{
    asio::io_context loop{1};
    const Party taken{loop};
    const auto refused = udp::open_at(loop, taken.at.address, {taken.at.port, taken.at.port});
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error() == EADDRINUSE);
}

}  // namespace
