// A dial that is given up, and dials that wait beside others.
#include "src/dial/dialer.hpp"

#include "tests/src/dial/dial_fixture.hpp"

namespace adit::dial {

using namespace testing;

TEST_CASE_FIXTURE(DialFixture, "a dial cancelled during DNS ends at once and leaves nothing behind")
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

TEST_CASE_FIXTURE(DialFixture,
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

TEST_CASE_FIXTURE(DialFixture, "a dial cancelled before it runs dials nothing")
{
    auto origin = listen(loop, "127.0.0.1");
    begin("127.0.0.1", origin.local_endpoint().port());
    dial->cancel();
    CHECK(failed().ending == Ending::timed_out);
    CHECK(dial->considered().empty());
}

TEST_CASE_FIXTURE(DialFixture, "fifty silent names delay neither a literal nor a name that answers")
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
        DialFixture fixture;
        const DeafListener deaf{fixture.loop};
        fixture.begin("127.0.0.1", deaf.port());
        settle(fixture.loop);
        fixture.dial->cancel();
        settle(fixture.loop);
    }
    CHECK(open_descriptors() == before);
}

}  // namespace adit::dial
