#include "src/dial/dialer.hpp"

#include <cerrno>
#include <filesystem>
#include <string>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <boost/asio/co_spawn.hpp>

#include "tests/src/dial/loop.hpp"
#include "tests/support/dns_server.hpp"

namespace adit::dial {
namespace {

using namespace std::chrono_literals;
using protocols::Ending;
using tests::DnsServer;
using tests::run_until;
using tests::settle;

Address address(const char* text)
{
    return asio::ip::make_address(text);
}

policy::Decision allow(const Address&)
{
    policy::Decision decision;
    decision.verdict = policy::Verdict::allow;
    return decision;
}

policy::Decision refuse(policy::Reason reason)
{
    policy::Decision decision;
    decision.reason = reason;
    return decision;
}

std::size_t open_descriptors()
{
    const std::filesystem::directory_iterator all{"/proc/self/fd"};
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

tcp::acceptor listen(asio::io_context& loop, const char* on, std::uint16_t port = 0)
{
    return tcp::acceptor{loop, {address(on), port}};
}

// Listens, and answers no SYN: its queue holds one connection and is full.
class DeafListener {
public:
    explicit DeafListener(asio::io_context& loop) : acceptor_{loop, tcp::v4()}, filler_{loop}
    {
        acceptor_.bind({address("127.0.0.1"), 0});
        acceptor_.listen(0);
        filler_.connect(acceptor_.local_endpoint());
    }
    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

private:
    tcp::acceptor acceptor_;
    tcp::socket filler_;
};

std::uint16_t closed_port(asio::io_context& loop)
{
    return listen(loop, "127.0.0.1").local_endpoint().port();
}

struct Fixture {
    Fixture()
    {
        policy::ResolverSettings settings;
        settings.servers = {server.endpoint()};
        settings.timeout = 400ms;
        resolver.apply(settings);
        settle(loop);
    }

    static Awaitable<void> run(Dial& dial, std::optional<DialResult>& result)
    {
        auto outcome = co_await dial.run();
        result.emplace(std::move(outcome));
    }
    void begin(const std::string& host, std::uint16_t port, Dial::Judge judge = allow)
    {
        dial.emplace(dialer, protocols::Target{*protocols::parse_host(host), port},
                     std::move(judge));
        asio::co_spawn(loop, run(*dial, result),
                       [](const std::exception_ptr& surprise) { CHECK(!surprise); });
    }
    const Dialled& connected()
    {
        REQUIRE(run_until(loop, [&] { return result.has_value(); }));
        REQUIRE(std::holds_alternative<Dialled>(*result));
        return std::get<Dialled>(*result);
    }
    const DialFailure& failed()
    {
        REQUIRE(run_until(loop, [&] { return result.has_value(); }));
        REQUIRE(std::holds_alternative<DialFailure>(*result));
        return std::get<DialFailure>(*result);
    }
    std::string considered() const
    {
        std::string text;
        for (const auto& one : dial->considered())
            text += (text.empty() ? "" : " ") + one.address.to_string() +
                    (one.decision.allowed() ? "" : "!");
        return text;
    }

    asio::io_context loop{1};
    DnsServer server{loop};
    Resolver resolver{loop, {"/dev/null", "/dev/null"}};
    Dialer dialer{loop, resolver};
    std::optional<DialResult> result;
    std::optional<Dial> dial;
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "an address literal is dialled without DNS")
{
    auto origin = listen(loop, "127.0.0.1");
    const auto port = origin.local_endpoint().port();
    begin("127.0.0.1", port);
    const auto& connection = connected();
    CHECK(connection.address == Endpoint{address("127.0.0.1"), port});
    CHECK(connection.local.address == address("127.0.0.1"));
    const auto accepted = origin.accept();
    CHECK(accepted.remote_endpoint().port() == connection.local.port);
    CHECK(connection.decision.allowed());
    CHECK(considered() == "127.0.0.1");
    CHECK(!dial->dns_time());
    CHECK(dial->connect_time());
    CHECK(server.asked() == 0);
}

TEST_CASE_FIXTURE(Fixture, "an IPv6 literal is dialled as such")
{
    auto origin = listen(loop, "::1");
    begin("::1", origin.local_endpoint().port());
    CHECK(connected().address.address == address("::1"));
}

TEST_CASE_FIXTURE(Fixture, "a dialled socket is not left to other programs and does not block")
{
    auto origin = listen(loop, "127.0.0.1");
    begin("127.0.0.1", origin.local_endpoint().port());
    connected();
    auto& socket = std::get<Dialled>(*result).socket;
    CHECK((::fcntl(socket.native_handle(), F_GETFD) & FD_CLOEXEC) != 0);
    CHECK((::fcntl(socket.native_handle(), F_GETFL) & O_NONBLOCK) != 0);
}

TEST_CASE_FIXTURE(Fixture, "a name is resolved, judged and dialled")
{
    auto origin = listen(loop, "127.0.0.1");
    server.answers("db.corp", Family::ipv4, {address("127.0.0.1")});
    begin("db.corp", origin.local_endpoint().port());
    CHECK(connected().address.address == address("127.0.0.1"));
    CHECK(dial->dns_time());
    CHECK(dial->connect_time());
}

TEST_CASE_FIXTURE(Fixture, "IPv4 waits a moment for IPv6, which is preferred")
{
    auto four = listen(loop, "127.0.0.1");
    auto six = listen(loop, "::1", four.local_endpoint().port());
    server.answers("db.corp", Family::ipv4, {address("127.0.0.1")});
    server.answers("db.corp", Family::ipv6, {address("::1")});
    begin("db.corp", four.local_endpoint().port());
    CHECK(connected().address.address == address("::1"));
}

TEST_CASE_FIXTURE(Fixture, "a silent AAAA does not keep an allowed IPv4 address waiting")
{
    auto origin = listen(loop, "127.0.0.1");
    server.answers("db.corp", Family::ipv4, {address("127.0.0.1")});
    server.holds("db.corp", Family::ipv6);
    begin("db.corp", origin.local_endpoint().port());
    CHECK(connected().address.address == address("127.0.0.1"));
    CHECK(*dial->dns_time() >= 50ms);
    CHECK(*dial->dns_time() < 400ms);
}

TEST_CASE_FIXTURE(Fixture, "the second address is dialled when the first one refuses")
{
    auto origin = listen(loop, "127.0.0.2");
    server.answers("db.corp", Family::ipv4, {address("127.0.0.1"), address("127.0.0.2")});
    begin("db.corp", origin.local_endpoint().port());
    CHECK(connected().address.address == address("127.0.0.2"));
    CHECK(*dial->connect_time() < 250ms);
}

TEST_CASE_FIXTURE(Fixture,
                  "the second address is dialled 250 ms after a first one that keeps silent")
{
    const DeafListener deaf{loop};
    auto origin = listen(loop, "127.0.0.2", deaf.port());
    const auto before = open_descriptors();
    server.answers("db.corp", Family::ipv4, {address("127.0.0.1"), address("127.0.0.2")});
    begin("db.corp", deaf.port());
    CHECK(connected().address.address == address("127.0.0.2"));
    CHECK(*dial->connect_time() >= 250ms);
    settle(loop);
    result.reset();
    CHECK(open_descriptors() == before);  // the attempt that lost is closed
}

TEST_CASE_FIXTURE(Fixture, "only addresses that were allowed are dialled")
{
    auto forbidden = listen(loop, "127.0.0.1");
    auto origin = listen(loop, "127.0.0.2", forbidden.local_endpoint().port());
    server.answers("db.corp", Family::ipv4, {address("127.0.0.1"), address("127.0.0.2")});
    begin("db.corp", origin.local_endpoint().port(), [](const Address& judged) {
        return judged == address("127.0.0.1") ? refuse(policy::Reason::no_rule) : allow(judged);
    });
    CHECK(connected().address.address == address("127.0.0.2"));
    CHECK(considered() == "127.0.0.1! 127.0.0.2");
    forbidden.non_blocking(true);
    boost::system::error_code error;
    tcp::socket visitor{loop};
    forbidden.accept(visitor, error);
    CHECK(error == asio::error::would_block);
}

TEST_CASE_FIXTURE(Fixture, "a refusal waits for both families and tells of the first address")
{
    server.answers("db.corp", Family::ipv4, {address("10.0.0.1"), address("10.0.0.2")});
    server.answers("db.corp", Family::ipv6, {address("fd00::1")});
    server.holds("db.corp", Family::ipv6);
    begin("db.corp", 443, [](const Address& judged) {
        return refuse(judged == address("10.0.0.1") ? policy::Reason::internal_address
                                                    : policy::Reason::no_rule);
    });
    REQUIRE(run_until(loop, [&] {
        return dial->considered().size() == 2 && server.asked("db.corp", Family::ipv6) == 1;
    }));
    CHECK(!result);
    server.release("db.corp", Family::ipv6);
    CHECK(failed().ending == Ending::address_not_allowed);
    CHECK(failed().error == 0);
    CHECK(failed().decision.reason == policy::Reason::internal_address);
    CHECK(considered() == "10.0.0.1! 10.0.0.2! fd00::1!");
    CHECK(dial->dns_time());
    CHECK(!dial->connect_time());
}

TEST_CASE_FIXTURE(Fixture, "a literal that is refused is not dialled")
{
    begin("127.0.0.1", 443, [](const Address&) { return refuse(policy::Reason::no_rule); });
    CHECK(failed().ending == Ending::address_not_allowed);
    CHECK(considered() == "127.0.0.1!");
    CHECK(!dial->dns_time());
    CHECK(!dial->connect_time());
}

TEST_CASE_FIXTURE(Fixture, "an IPv4-mapped answer is judged and dialled as the IPv4 address it is")
{
    auto origin = listen(loop, "127.0.0.1");
    server.answers("db.corp", Family::ipv6, {address("::ffff:127.0.0.1")});
    begin("db.corp", origin.local_endpoint().port());
    CHECK(connected().address.address == address("127.0.0.1"));
    CHECK(considered() == "127.0.0.1");
}

TEST_CASE_FIXTURE(Fixture, "at most sixteen addresses of a name are considered, each once")
{
    std::vector<Address> many{address("10.0.0.0"), address("10.0.0.1")};
    for (int i = 0; i < 20; ++i)
        many.push_back(address(("10.0.0." + std::to_string(i)).c_str()));
    server.answers("many.corp", Family::ipv4, many);
    begin("many.corp", 443, [](const Address&) { return refuse(policy::Reason::no_rule); });
    CHECK(failed().ending == Ending::address_not_allowed);
    REQUIRE(dial->considered().size() == 16);
    CHECK(dial->considered()[15].address == address("10.0.0.15"));
}

TEST_CASE_FIXTURE(Fixture, "a dial that fails says why")
{
    struct Example {
        const char* host;
        Ending ending;
        int error;
    };
    // TCP to a multicast group has no route whatever the machine's routes are.
    const Example examples[] = {{"127.0.0.1", Ending::refused, ECONNREFUSED},
                                {"::1", Ending::refused, ECONNREFUSED},
                                {"224.0.0.1", Ending::network_unreachable, ENETUNREACH},
                                {"several.corp", Ending::refused, ECONNREFUSED},
                                {"unknown.corp", Ending::name_unknown, 0},
                                {"broken.corp", Ending::name_unknown, 0},
                                {"silent.corp", Ending::name_timeout, 0}};
    server.answers("several.corp", Family::ipv4,
                   {address("224.0.0.1"), address("127.0.0.1"), address("224.0.0.2")});
    server.says("broken.corp", DnsServer::server_failure);
    server.is_silent_about("silent.corp");
    const auto port = closed_port(loop);
    for (const auto& example : examples) {
        CAPTURE(example.host);
        result.reset();
        begin(example.host, port);
        CHECK(failed().ending == example.ending);
        CHECK(failed().error == example.error);
        CHECK(dial->connect_time().has_value() == (example.error != 0));
    }
}

TEST_CASE("every errno of connect(2) has its ending")
{
    CHECK(ending_of(ECONNREFUSED) == Ending::refused);
    CHECK(ending_of(EHOSTUNREACH) == Ending::host_unreachable);
    CHECK(ending_of(EPERM) == Ending::host_unreachable);
    CHECK(ending_of(ENETUNREACH) == Ending::network_unreachable);
    CHECK(ending_of(EAFNOSUPPORT) == Ending::network_unreachable);
    CHECK(ending_of(ETIMEDOUT) == Ending::timed_out);
    CHECK(ending_of(EMFILE) == Ending::limit);
    CHECK(ending_of(EAGAIN) == Ending::limit);
    CHECK(ending_of(EBADF) == Ending::internal);
}

TEST_CASE_FIXTURE(Fixture, "a dial cancelled during DNS ends at once and leaves nothing behind")
{
    server.is_silent_about("silent.corp");
    begin("silent.corp", 443);
    REQUIRE(run_until(loop, [&] { return server.asked() == 2; }));
    dial->cancel();
    settle(loop);
    REQUIRE(result);
    CHECK(failed().ending == Ending::timed_out);
    CHECK(!dial->dns_time());
    CHECK(!dial->connect_time());
    dial.reset();
    settle(loop);
}

TEST_CASE_FIXTURE(Fixture,
                  "a dial cancelled while it connects ends at once and leaves no descriptor")
{
    const DeafListener deaf{loop};
    const auto before = open_descriptors();
    begin("127.0.0.1", deaf.port());
    settle(loop);
    CHECK(!result);
    CHECK(open_descriptors() == before + 1);
    dial->cancel();
    settle(loop);
    REQUIRE(result);
    CHECK(failed().ending == Ending::timed_out);
    CHECK(dial->connect_time());
    CHECK(open_descriptors() == before);
}

TEST_CASE_FIXTURE(Fixture, "a dial cancelled before it runs dials nothing")
{
    auto origin = listen(loop, "127.0.0.1");
    begin("127.0.0.1", origin.local_endpoint().port());
    dial->cancel();
    CHECK(failed().ending == Ending::timed_out);
    CHECK(dial->considered().empty());
}

TEST_CASE_FIXTURE(Fixture, "fifty silent names delay neither a literal nor a name that answers")
{
    auto origin = listen(loop, "127.0.0.1");
    const auto port = origin.local_endpoint().port();
    std::vector<std::unique_ptr<Dial>> silent;
    std::vector<std::optional<DialResult>> unanswered(50);
    for (int i = 0; i < 50; ++i) {
        const auto name = "silent" + std::to_string(i) + ".corp";
        server.is_silent_about(name);
        silent.push_back(std::make_unique<Dial>(
            dialer, protocols::Target{*protocols::parse_host(name), port}, allow));
        asio::co_spawn(loop, run(*silent.back(), unanswered[static_cast<std::size_t>(i)]),
                       [](const std::exception_ptr& surprise) { CHECK(!surprise); });
    }
    REQUIRE(run_until(loop, [&] { return server.asked() >= 100; }));

    begin("127.0.0.1", port);
    connected();
    CHECK(*dial->connect_time() < 100ms);
    result.reset();
    server.answers("db.corp", Family::ipv4, {address("127.0.0.1")});
    begin("db.corp", port);
    connected();
    CHECK(*dial->dns_time() < 200ms);

    for (const auto& one : unanswered)
        REQUIRE(run_until(loop, [&] { return one.has_value(); }));
    CHECK(std::get<DialFailure>(*unanswered.back()).ending == Ending::name_timeout);
}

TEST_CASE("a loop that ends in the middle of a dial leaves no descriptor")
{
    const auto before = open_descriptors();
    {
        Fixture fixture;
        const DeafListener deaf{fixture.loop};
        fixture.begin("127.0.0.1", deaf.port());
        settle(fixture.loop);
        fixture.dial->cancel();
        settle(fixture.loop);
    }
    CHECK(open_descriptors() == before);
}

}  // namespace adit::dial
