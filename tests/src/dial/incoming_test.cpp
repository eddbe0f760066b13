// The wait for one connection from a target: whom it waits for, and what ends it.
#include "src/dial/incoming.hpp"

#include "tests/src/dial/dial_fixture.hpp"

namespace adit::dial {

using namespace testing;

namespace {

using Opened = std::variant<Endpoint, DialFailure>;

struct IncomingFixture : DialFixture {
    static Awaitable<void> wait(Incoming& incoming, std::optional<Opened>& opened,
                                std::optional<DialResult>& peer)
    {
        opened = co_await incoming.open();
        if (std::holds_alternative<DialFailure>(*opened))
            co_return;
        auto come = co_await incoming.peer();
        peer.emplace(std::move(come));
    }
    void await(const std::string& host, Candidates::Judge judge = allow)
    {
        incoming.emplace(dialer, *protocols::parse_host(host), std::move(judge));
        asio::co_spawn(loop, wait(*incoming, opened, result),
                       [](const std::exception_ptr& surprise) { CHECK(!surprise); });
    }
    Ending refused()
    {
        REQUIRE(run_until(loop, [&] { return opened.has_value(); }));
        REQUIRE(std::holds_alternative<DialFailure>(*opened));
        return std::get<DialFailure>(*opened).ending;
    }
    Endpoint listening()
    {
        REQUIRE(run_until(loop, [&] { return opened.has_value(); }));
        REQUIRE(std::holds_alternative<Endpoint>(*opened));
        return std::get<Endpoint>(*opened);
    }
    tcp::socket call(const Endpoint& to, const char* from)
    {
        tcp::socket caller{loop, tcp::v4()};
        caller.bind({address(from), 0});
        caller.connect({to.address, to.port});
        return caller;
    }

    std::optional<Opened> opened;
    std::optional<Incoming> incoming;
};

}  // namespace

TEST_CASE_FIXTURE(IncomingFixture, "who cannot be waited for is refused as who cannot be dialled")
{
    await("nobody.corp");
    CHECK(refused() == Ending::name_unknown);

    opened.reset();
    await("127.0.0.1", [](const Address&) { return refuse(policy::Reason::no_rule); });
    CHECK(refused() == Ending::address_not_allowed);
    CHECK(std::get<DialFailure>(*opened).decision.reason == policy::Reason::no_rule);
}

TEST_CASE_FIXTURE(IncomingFixture,
                  "a wait cancelled during DNS, or before it began, listens nowhere")
{
    server.is_silent_about("silent.corp");
    await("silent.corp");
    REQUIRE(run_until(loop, [&] { return server.asked() == 2; }));
    const auto before = open_descriptors();
    incoming->cancel();
    CHECK(refused() == Ending::timed_out);

    opened.reset();
    await("127.0.0.1");
    incoming->cancel();
    CHECK(refused() == Ending::timed_out);
    CHECK(open_descriptors() == before);
}

TEST_CASE_FIXTURE(IncomingFixture, "an allowed peer is taken, a stranger is not, and then nobody")
{
    server.answers("peer.corp", Family::ipv4, {address("127.0.0.2"), address("127.0.0.3")});
    const auto before = open_descriptors();
    await("peer.corp");
    const auto at = listening();
    CHECK(at.address == address("127.0.0.1"));
    {
        const auto stranger = call(at, "127.0.0.9");
        settle(loop);
        CHECK(!result);
    }
    const auto peer = call(at, "127.0.0.3");
    const auto& taken = connected();
    CHECK(taken.address == Endpoint{address("127.0.0.3"), peer.local_endpoint().port()});
    CHECK(taken.local == at);
    CHECK(taken.decision.allowed());
    CHECK(incoming->wait_time());
    CHECK(open_descriptors() == before + 2);  // both ends of the peer's connection
    tcp::socket late{loop};
    boost::system::error_code error;
    late.connect({at.address, at.port}, error);
    CHECK(error == asio::error::connection_refused);
}

TEST_CASE_FIXTURE(IncomingFixture, "a peer of both families is waited for over IPv4")
{
    server.answers("dual.corp", Family::ipv6, {address("::1"), address("2001:db8::7")});
    server.answers("dual.corp", Family::ipv4, {address("127.0.0.2")});
    await("dual.corp");
    const auto at = listening();
    CHECK(at.address == address("127.0.0.1"));
    const auto peer = call(at, "127.0.0.2");
    CHECK(connected().address.address == address("127.0.0.2"));
}

TEST_CASE_FIXTURE(IncomingFixture,
                  "a wait for the peer ends when it is cancelled, and so does the listening")
{
    const auto before = open_descriptors();
    await("127.0.0.1");
    listening();
    CHECK(open_descriptors() == before + 1);
    incoming->cancel();
    CHECK(failed().ending == Ending::timed_out);
    CHECK(failed().decision.allowed());
    CHECK(open_descriptors() == before);
}

}  // namespace adit::dial
