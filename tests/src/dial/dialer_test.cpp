#include "src/dial/dialer.hpp"

#include <cerrno>

#include <fcntl.h>

#include "tests/src/dial/dial_fixture.hpp"

namespace adit::dial {

using namespace testing;

TEST_CASE_FIXTURE(DialFixture, "an address literal is dialled without DNS")
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

TEST_CASE_FIXTURE(DialFixture, "an IPv6 literal is dialled as such")
{
    if (!has_ipv6(loop))
        return;
    auto origin = listen(loop, "::1");
    begin("::1", origin.local_endpoint().port());
    CHECK(connected().address.address == address("::1"));
}

TEST_CASE_FIXTURE(DialFixture, "a dialled socket is not left to other programs and does not block")
{
    auto origin = listen(loop, "127.0.0.1");
    begin("127.0.0.1", origin.local_endpoint().port());
    connected();
    auto& socket = std::get<Dialled>(*result).socket;
    CHECK((::fcntl(socket.native_handle(), F_GETFD) & FD_CLOEXEC) != 0);
    CHECK((::fcntl(socket.native_handle(), F_GETFL) & O_NONBLOCK) != 0);
}

TEST_CASE_FIXTURE(DialFixture, "a name is resolved, judged and dialled")
{
    auto origin = listen(loop, "127.0.0.1");
    server.answers("db.corp", Family::ipv4, {address("127.0.0.1")});
    begin("db.corp", origin.local_endpoint().port());
    CHECK(connected().address.address == address("127.0.0.1"));
    CHECK(dial->dns_time());
    CHECK(dial->connect_time());
}

TEST_CASE_FIXTURE(DialFixture, "IPv4 waits a moment for IPv6, which is preferred")
{
    if (!has_ipv6(loop))
        return;
    auto four = listen(loop, "127.0.0.1");
    auto six = listen(loop, "::1", four.local_endpoint().port());
    server.answers("db.corp", Family::ipv4, {address("127.0.0.1")});
    server.answers("db.corp", Family::ipv6, {address("::1")});
    begin("db.corp", four.local_endpoint().port());
    CHECK(connected().address.address == address("::1"));
}

TEST_CASE_FIXTURE(DialFixture, "a silent AAAA does not keep an allowed IPv4 address waiting")
{
    auto origin = listen(loop, "127.0.0.1");
    server.answers("db.corp", Family::ipv4, {address("127.0.0.1")});
    server.holds("db.corp", Family::ipv6);
    begin("db.corp", origin.local_endpoint().port());
    CHECK(connected().address.address == address("127.0.0.1"));
    CHECK(*dial->dns_time() >= 50ms);
    CHECK(*dial->dns_time() < 400ms);
}

TEST_CASE_FIXTURE(DialFixture, "the second address is dialled when the first one refuses")
{
    auto origin = listen(loop, "127.0.0.2");
    server.answers("db.corp", Family::ipv4, {address("127.0.0.1"), address("127.0.0.2")});
    begin("db.corp", origin.local_endpoint().port());
    CHECK(connected().address.address == address("127.0.0.2"));
    CHECK(*dial->connect_time() < 250ms);
}

TEST_CASE_FIXTURE(DialFixture,
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

TEST_CASE_FIXTURE(DialFixture, "only addresses that were allowed are dialled")
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

TEST_CASE_FIXTURE(DialFixture, "a refusal waits for both families and tells of the first address")
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

TEST_CASE_FIXTURE(DialFixture, "a literal that is refused is not dialled")
{
    begin("127.0.0.1", 443, [](const Address&) { return refuse(policy::Reason::no_rule); });
    CHECK(failed().ending == Ending::address_not_allowed);
    CHECK(considered() == "127.0.0.1!");
    CHECK(!dial->dns_time());
    CHECK(!dial->connect_time());
}

TEST_CASE_FIXTURE(DialFixture,
                  "an IPv4-mapped answer is judged and dialled as the IPv4 address it is")
{
    auto origin = listen(loop, "127.0.0.1");
    server.answers("db.corp", Family::ipv6, {address("::ffff:127.0.0.1")});
    begin("db.corp", origin.local_endpoint().port());
    CHECK(connected().address.address == address("127.0.0.1"));
    CHECK(considered() == "127.0.0.1");
}

TEST_CASE_FIXTURE(DialFixture, "at most sixteen addresses of a name are considered, each once")
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

TEST_CASE_FIXTURE(DialFixture, "a dial that fails says why")
{
    struct Example {
        const char* host;
        Ending ending;
        int error;
    };
    // TCP to a multicast group has no route whatever the machine's routes are.
    const Example examples[] = {{"127.0.0.1", Ending::refused, ECONNREFUSED},
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

}  // namespace adit::dial
