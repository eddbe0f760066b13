#include "src/relay/relay.hpp"

#include <array>
#include <csignal>
#include <functional>
#include <future>
#include <thread>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <doctest/doctest.h>
#include <boost/asio/post.hpp>

#include "tests/support/pattern.hpp"
#include "tests/support/tcp_pair.hpp"

using namespace adit;
using namespace std::chrono_literals;
using tests::FarEnd;
using tests::pattern;

namespace {

// A relay between two far ends, with its loop on a thread of its own.
class Tunnel {
public:
    explicit Tunnel(std::string early = {}, std::size_t pipes = 4)
        : pipes_{pipes},
          client_pair_{tests::connect_pair(loop_)},
          destination_pair_{tests::connect_pair(loop_)},
          relay_{client_pair_.ours, relay::Side::connected(destination_pair_.ours),
                 std::move(early), shared_}
    {
        relay_.start([this](const relay::Totals& totals) { ended_.set_value(totals); });
        std::signal(SIGPIPE, SIG_IGN);  // splice(2) knows no MSG_NOSIGNAL; the server does the same
        thread_ = std::thread{[this] { loop_.run(); }};
    }
    const relay::PipePool& pool() const { return shared_.pipes; }  // only after totals()
    ~Tunnel()
    {
        stop();
        thread_.join();
    }
    Tunnel(const Tunnel&) = delete;
    Tunnel& operator=(const Tunnel&) = delete;

    FarEnd& client() { return client_pair_.theirs; }
    FarEnd& destination() { return destination_pair_.theirs; }
    void stop()
    {
        asio::post(loop_, [this] { relay_.stop(); });
    }
    // While the loop does this, it sees nothing: what happens shows in one edge afterwards.
    void in_one_turn(std::function<void()> act) { asio::post(loop_, std::move(act)); }
    bool destination_waits_for_no_one()
    {
        int on = 0;
        socklen_t size = sizeof on;
        const int descriptor = destination_pair_.ours.native_handle();
        REQUIRE(::getsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, &size) == 0);
        return on != 0;
    }
    relay::Totals totals()
    {
        auto future = ended_.get_future();
        REQUIRE(future.wait_for(10s) == std::future_status::ready);
        return future.get();
    }

private:
    std::size_t pipes_;
    asio::io_context loop_{1};
    std::array<std::uint8_t, 65536> scratch_;
    relay::Shared shared_{scratch_, relay::PipePool{pipes_}};
    tests::TcpPair client_pair_;
    tests::TcpPair destination_pair_;
    relay::Relay relay_;
    std::promise<relay::Totals> ended_;
    std::thread thread_;
};

}  // namespace

TEST_CASE("bytes pass in both directions and are counted")
{
    Tunnel tunnel;
    REQUIRE(tunnel.client().send("question"));
    CHECK(tunnel.destination().receive(8) == "question");
    REQUIRE(tunnel.destination().send("the answer"));
    CHECK(tunnel.client().receive(10) == "the answer");
    tunnel.client().say_fin();
    tunnel.destination().say_fin();

    const auto totals = tunnel.totals();
    CHECK(totals.up == 8);
    CHECK(totals.down == 10);
    CHECK(totals.end == relay::End::finished);
    CHECK(totals.first_byte.has_value());
}

TEST_CASE("small messages wait for no acknowledgement, and a first one has none to wait for")
{
    Tunnel tunnel;
    REQUIRE(tunnel.client().send("one"));
    CHECK(tunnel.destination().receive(3) == "one");
    CHECK_FALSE(tunnel.destination_waits_for_no_one());
    REQUIRE(tunnel.client().send("two"));
    CHECK(tunnel.destination().receive(3) == "two");
    CHECK(tunnel.destination_waits_for_no_one());
}

TEST_CASE("bytes that came with the request reach the destination first")
{
    Tunnel tunnel{"early "};
    REQUIRE(tunnel.client().send("and late"));
    CHECK(tunnel.destination().receive(14) == "early and late");
    tunnel.client().say_fin();
    tunnel.destination().say_fin();
    CHECK(tunnel.totals().up == 14);
}

TEST_CASE("a client that has said FIN still reads the answer")
{
    Tunnel tunnel;
    REQUIRE(tunnel.client().send("last words"));
    tunnel.client().say_fin();
    CHECK(tunnel.destination().receive(10) == "last words");
    CHECK(tunnel.destination().receives_fin());

    const auto answer = pattern(300'000, 1);
    std::thread writer{[&] {
        CHECK(tunnel.destination().send(answer));
        tunnel.destination().say_fin();
    }};
    CHECK(tunnel.client().receive(answer.size()) == answer);
    writer.join();
    CHECK(tunnel.client().receives_fin());

    const auto totals = tunnel.totals();
    CHECK(totals.end == relay::End::finished);
    CHECK(totals.by_client);
    CHECK(totals.down == answer.size());
}

TEST_CASE("last words and a FIN in one segment both pass, after few messages and after many")
{
    for (const int messages : {0, 1, 2, 3, 4, 20}) {
        Tunnel tunnel;
        for (int i = 0; i < messages; ++i) {
            REQUIRE(tunnel.client().send("ping"));
            REQUIRE(tunnel.destination().receive(4) == "ping");
            REQUIRE(tunnel.destination().send("pong"));
            REQUIRE(tunnel.client().receive(4) == "pong");
        }
        REQUIRE(tunnel.client().send_last("bye"));
        CHECK(tunnel.destination().receive(3) == "bye");
        CHECK(tunnel.destination().receives_fin());
        REQUIRE(tunnel.destination().send_last("farewell"));
        CHECK(tunnel.client().receive(8) == "farewell");
        CHECK(tunnel.client().receives_fin());
        CHECK(tunnel.totals().end == relay::End::finished);
    }
}

TEST_CASE("a destination that has said FIN still hears the client")
{
    Tunnel tunnel;
    tunnel.destination().say_fin();
    CHECK(tunnel.client().receives_fin());
    REQUIRE(tunnel.client().send("still here"));
    CHECK(tunnel.destination().receive(10) == "still here");
    tunnel.client().say_fin();
    CHECK(tunnel.destination().receives_fin());

    const auto totals = tunnel.totals();
    CHECK(totals.end == relay::End::finished);
    CHECK_FALSE(totals.by_client);
}

TEST_CASE("a reset by the destination is a reset for the client")
{
    Tunnel tunnel;
    tunnel.destination().reset();
    CHECK(tunnel.client().receives_reset());
    const auto totals = tunnel.totals();
    CHECK(totals.end == relay::End::reset);
    CHECK_FALSE(totals.by_client);
}

TEST_CASE("a reset by the client is a reset for the destination")
{
    Tunnel tunnel;
    tunnel.client().reset();
    CHECK(tunnel.destination().receives_reset());
    const auto totals = tunnel.totals();
    CHECK(totals.end == relay::End::reset);
    CHECK(totals.by_client);
}

TEST_CASE("a client that said FIN and then vanishes with a reset resets the destination")
{
    Tunnel tunnel;
    tunnel.client().say_fin();
    CHECK(tunnel.destination().receives_fin());
    tunnel.client().reset();
    // Nothing is read from this client any more, so only the watch for its RST can tell.
    CHECK(tunnel.totals().end == relay::End::reset);
}

TEST_CASE("what a side said before its reset is delivered")
{
    Tunnel tunnel;
    REQUIRE(tunnel.destination().send("last words"));
    tunnel.destination().reset();
    // The reset may overtake bytes that the client has not read yet; the relay at least passed them on.
    const auto totals = tunnel.totals();
    CHECK(totals.down == 10);
    CHECK(totals.end == relay::End::reset);
}

TEST_CASE("last words and a reset in one edge both pass, after few messages and after many")
{
    for (const int messages : {0, 1, 2, 3, 4, 20}) {
        Tunnel tunnel;
        for (int i = 0; i < messages; ++i) {
            REQUIRE(tunnel.client().send("ping"));
            REQUIRE(tunnel.destination().receive(4) == "ping");
        }
        tunnel.in_one_turn([&] {
            CHECK(tunnel.client().send("bye"));
            tunnel.client().reset();
        });
        const auto totals = tunnel.totals();
        CHECK(totals.up == 4U * static_cast<unsigned>(messages) + 3U);
        CHECK(totals.end == relay::End::reset);
        CHECK(totals.by_client);
    }
}

TEST_CASE("a slow reader stops the writer and loses nothing, spliced or copied")
{
    std::size_t pipes = 0;
    SUBCASE("copied")
    {
        pipes = 0;
    }
    SUBCASE("spliced")
    {
        pipes = 4;
    }
    Tunnel tunnel{{}, pipes};
    const auto bytes = pattern(32 << 20, 2);
    std::promise<bool> sent;
    std::thread writer{[&] {
        sent.set_value(tunnel.destination().send(bytes));
        tunnel.destination().say_fin();
    }};
    auto all_sent = sent.get_future();
    // The writer fills the kernel's buffers and then stands still, because nobody reads.
    CHECK(all_sent.wait_for(300ms) == std::future_status::timeout);
    CHECK(tunnel.client().receive(bytes.size()) == bytes);
    CHECK(tunnel.client().receives_fin());
    CHECK(all_sent.get());
    writer.join();
    tunnel.client().say_fin();
    CHECK(tunnel.totals().down == bytes.size());
    CHECK((tunnel.pool().open() > 0) == (pipes > 0));
    CHECK(tunnel.pool().idle() == tunnel.pool().open());
}

TEST_CASE("a stream that was reset in full flow leaves no bytes in the pool")
{
    Tunnel tunnel;
    const auto bytes = pattern(64 << 20, 5);  // more than all buffers on the way hold
    std::thread writer{[&] { CHECK_FALSE(tunnel.destination().send(bytes)); }};
    CHECK(tunnel.client().receive(4 << 20) == bytes.substr(0, 4 << 20));
    tunnel.client().reset();
    writer.join();
    const auto totals = tunnel.totals();
    CHECK(totals.end == relay::End::reset);
    CHECK(totals.by_client);
    CHECK(tunnel.pool().idle() == tunnel.pool().open());
}

TEST_CASE("small messages after a flood are carried as promptly as before it")
{
    Tunnel tunnel;
    const auto flood = pattern(8 << 20, 6);
    std::thread writer{[&] { CHECK(tunnel.destination().send(flood)); }};
    CHECK(tunnel.client().receive(flood.size()) == flood);
    writer.join();
    for (int i = 0; i < 100; ++i) {
        REQUIRE(tunnel.client().send("question"));
        REQUIRE(tunnel.destination().receive(8) == "question");
        REQUIRE(tunnel.destination().send("answer"));
        REQUIRE(tunnel.client().receive(6) == "answer");
    }
    tunnel.client().say_fin();
    tunnel.destination().say_fin();
    CHECK(tunnel.totals().down == flood.size() + 600);
    CHECK(tunnel.pool().idle() == tunnel.pool().open());
}

TEST_CASE("both directions carry a flood at the same time")
{
    std::size_t pipes = 0;
    SUBCASE("copied")
    {
        pipes = 0;
    }
    SUBCASE("spliced")
    {
        pipes = 4;
    }
    SUBCASE("one spliced, one copied")
    {
        pipes = 1;
    }
    Tunnel tunnel{{}, pipes};
    const auto up = pattern(8 << 20, 3);
    const auto down = pattern(8 << 20, 4);
    std::thread client_writer{[&] {
        CHECK(tunnel.client().send(up));
        tunnel.client().say_fin();
    }};
    std::thread destination_writer{[&] {
        CHECK(tunnel.destination().send(down));
        tunnel.destination().say_fin();
    }};
    std::string got_down;
    std::thread client_reader{[&] { got_down = tunnel.client().receive(down.size()); }};
    const auto got_up = tunnel.destination().receive(up.size());
    client_writer.join();
    destination_writer.join();
    client_reader.join();
    CHECK(got_up == up);
    CHECK(got_down == down);
    const auto totals = tunnel.totals();
    CHECK(totals.up == up.size());
    CHECK(totals.down == down.size());
    CHECK(totals.end == relay::End::finished);
}

TEST_CASE("a tunnel that is stopped looks cut off to both sides, not finished")
{
    Tunnel tunnel;
    REQUIRE(tunnel.client().send("x"));
    REQUIRE(tunnel.destination().receive(1) == "x");
    tunnel.stop();
    CHECK(tunnel.client().receives_reset());
    CHECK(tunnel.destination().receives_reset());
    CHECK(tunnel.totals().end == relay::End::stopped);
}
