// The relay with TLS on the client's side and none on the destination's.
#include "src/relay/relay.hpp"

#include <array>
#include <csignal>
#include <future>
#include <thread>

#include <boost/asio/post.hpp>

#include "tests/src/tls/handshake.hpp"
#include "tests/support/pattern.hpp"

using namespace adit;
using namespace std::chrono_literals;
using tests::pattern;

namespace {

class TlsTunnel {
public:
    // `before` is done by the client when the handshake is over and the relay has not begun.
    explicit TlsTunnel(const std::function<void(tests::Handshake&)>& before = {},
                       std::string early = {})
        : destination_pair_{tests::connect_pair(handshake_.loop)}
    {
        std::signal(SIGPIPE, SIG_IGN);  // OpenSSL knows no MSG_NOSIGNAL; the server does the same
        REQUIRE(handshake_.shake());
        if (before)
            before(handshake_);
        relay_.emplace(relay::Side{handshake_.pair.ours, &*handshake_.stream},
                       destination_pair_.ours, std::move(early), shared_);
        relay_->start([this](const relay::Totals& totals) { ended_.set_value(totals); });
        thread_ = std::thread{[this] { handshake_.loop.run(); }};
    }
    ~TlsTunnel()
    {
        asio::post(handshake_.loop, [this] { relay_->stop(); });
        thread_.join();
    }
    TlsTunnel(const TlsTunnel&) = delete;
    TlsTunnel& operator=(const TlsTunnel&) = delete;

    tests::TlsPeer& client() { return handshake_.client; }
    tests::FarEnd& client_socket() { return handshake_.pair.theirs; }
    tests::FarEnd& destination() { return destination_pair_.theirs; }
    const relay::PipePool& pool() const { return shared_.pipes; }  // only after totals()
    relay::Totals totals()
    {
        auto future = ended_.get_future();
        REQUIRE(future.wait_for(10s) == std::future_status::ready);
        return future.get();
    }

private:
    tests::Handshake handshake_;
    std::array<std::uint8_t, 65536> scratch_;
    relay::Shared shared_{scratch_, relay::PipePool{4}};
    tests::TcpPair destination_pair_;
    std::optional<relay::Relay> relay_;
    std::promise<relay::Totals> ended_;
    std::thread thread_;
};

}  // namespace

TEST_CASE("through TLS bytes pass in both directions and are counted without its own")
{
    TlsTunnel tunnel;
    REQUIRE(tunnel.client().send("question"));
    CHECK(tunnel.destination().receive(8) == "question");
    REQUIRE(tunnel.destination().send("the answer"));
    CHECK(tunnel.client().receive(10) == "the answer");
    tunnel.client().say_end();
    tunnel.destination().say_fin();

    const auto totals = tunnel.totals();
    CHECK(totals.up == 8);
    CHECK(totals.down == 10);
    CHECK(totals.end == relay::End::finished);
    CHECK(tunnel.client().receives_end());
}

TEST_CASE("what TLS read ahead of the relay is delivered although the socket stays silent")
{
    TlsTunnel tunnel{[](tests::Handshake& handshake) {
                         REQUIRE(handshake.client.send("and late"));
                         tests::wait_for(handshake.pair.ours.native_handle(), Then::when_readable);
                         CHECK(handshake.stream->peek() == Then::go_on);
                     },
                     "early "};
    CHECK(tunnel.destination().receive(14) == "early and late");

    TlsTunnel without_early{[](tests::Handshake& handshake) {
        REQUIRE(handshake.client.send("only late"));
        tests::wait_for(handshake.pair.ours.native_handle(), Then::when_readable);
        CHECK(handshake.stream->peek() == Then::go_on);
    }};
    CHECK(without_early.destination().receive(9) == "only late");
}

TEST_CASE("a TLS client that has said its end still reads the answer")
{
    TlsTunnel tunnel;
    REQUIRE(tunnel.client().send("last words"));
    tunnel.client().say_end();
    CHECK(tunnel.destination().receive(10) == "last words");
    CHECK(tunnel.destination().receives_fin());

    const auto answer = pattern(3'000'000, 1);
    std::thread writer{[&] {
        CHECK(tunnel.destination().send(answer));
        tunnel.destination().say_fin();
    }};
    CHECK(tunnel.client().receive(answer.size()) == answer);
    writer.join();
    CHECK(tunnel.client().receives_end());
    const auto totals = tunnel.totals();
    CHECK(totals.end == relay::End::finished);
    CHECK(totals.by_client);
}

TEST_CASE("a destination that has said FIN still hears a TLS client, which was told the end")
{
    TlsTunnel tunnel;
    tunnel.destination().say_fin();
    CHECK(tunnel.client().receives_end());
    const auto words = pattern(3'000'000, 2);
    std::thread writer{[&] {
        CHECK(tunnel.client().send(words));
        tunnel.client().say_end();
    }};
    CHECK(tunnel.destination().receive(words.size()) == words);
    writer.join();
    CHECK(tunnel.destination().receives_fin());
    const auto totals = tunnel.totals();
    CHECK(totals.end == relay::End::finished);
    CHECK_FALSE(totals.by_client);
}

TEST_CASE("a TLS client that is cut off is a reset for the destination, never a clean end")
{
    TlsTunnel tunnel;
    REQUIRE(tunnel.client().send("half a sen"));
    CHECK(tunnel.destination().receive(10) == "half a sen");
    tunnel.client_socket().say_fin();  // anybody on the way could have sent this FIN
    CHECK(tunnel.destination().receives_reset());
    const auto totals = tunnel.totals();
    CHECK(totals.end == relay::End::reset);
    CHECK(totals.by_client);
}

TEST_CASE("a forged record is a reset for the destination")
{
    TlsTunnel tunnel;
    std::string record{"\x17\x03\x03\x00\x20", 5};
    record.append(32, 'x');
    REQUIRE(tunnel.client_socket().send(record));
    CHECK(tunnel.destination().receives_reset());
    CHECK(tunnel.totals().end == relay::End::reset);
}

TEST_CASE("a reset passes through TLS in both directions, without an end that was not said")
{
    TlsTunnel from_destination;
    from_destination.destination().reset();
    CHECK_FALSE(from_destination.client().receives_end());
    CHECK(from_destination.totals().end == relay::End::reset);

    TlsTunnel from_client;
    from_client.client_socket().reset();
    CHECK(from_client.destination().receives_reset());
    const auto totals = from_client.totals();
    CHECK(totals.end == relay::End::reset);
    CHECK(totals.by_client);
}

TEST_CASE("a slow TLS client stops the writer and loses nothing, the end last")
{
    TlsTunnel tunnel;
    const auto bytes = pattern(32 << 20, 3);
    std::promise<bool> sent;
    std::thread writer{[&] {
        sent.set_value(tunnel.destination().send(bytes));
        tunnel.destination().say_fin();
    }};
    auto all_sent = sent.get_future();
    CHECK(all_sent.wait_for(300ms) == std::future_status::timeout);
    CHECK(tunnel.client().receive(bytes.size()) == bytes);
    CHECK(tunnel.client().receives_end());
    CHECK(all_sent.get());
    writer.join();
    tunnel.client().say_end();
    CHECK(tunnel.totals().down == bytes.size());
    CHECK(tunnel.pool().open() == 0);  // nothing can be spliced into TLS
}

TEST_CASE("a slow destination stops a TLS client and loses nothing")
{
    TlsTunnel tunnel;
    const auto bytes = pattern(32 << 20, 4);
    std::promise<bool> sent;
    std::thread writer{[&] {
        sent.set_value(tunnel.client().send(bytes));
        tunnel.client().say_end();
    }};
    auto all_sent = sent.get_future();
    CHECK(all_sent.wait_for(300ms) == std::future_status::timeout);
    CHECK(tunnel.destination().receive(bytes.size()) == bytes);
    CHECK(tunnel.destination().receives_fin());
    CHECK(all_sent.get());
    writer.join();
    tunnel.destination().say_fin();
    CHECK(tunnel.totals().up == bytes.size());
}

TEST_CASE("keys may be renewed in full flow")
{
    TlsTunnel tunnel;
    const auto part = pattern(1 << 20, 5);
    std::thread echo{[&] {
        for (int i = 0; i < 8; ++i)
            CHECK(tunnel.destination().send(tunnel.destination().receive(part.size())));
    }};
    for (int i = 0; i < 8; ++i) {
        REQUIRE(SSL_key_update(tunnel.client().native(), SSL_KEY_UPDATE_REQUESTED) == 1);
        REQUIRE(tunnel.client().send(part));
        REQUIRE(tunnel.client().receive(part.size()) == part);
    }
    echo.join();
    tunnel.client().say_end();
    tunnel.destination().say_fin();
    CHECK(tunnel.totals().end == relay::End::finished);
}
