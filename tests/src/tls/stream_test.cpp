#include "src/tls/stream.hpp"

#include "tests/src/tls/handshake.hpp"

using namespace adit;
using tests::certificates;
using tests::Handshake;
using tests::server_settings;

namespace {

using Names = std::vector<std::string>;

void use_certificate(SSL* client, const std::string& name)
{
    REQUIRE(SSL_use_certificate_file(client, certificates().path(name + ".pem").c_str(),
                                     SSL_FILETYPE_PEM) == 1);
    REQUIRE(SSL_use_PrivateKey_file(client, certificates().path(name + ".key").c_str(),
                                    SSL_FILETYPE_PEM) == 1);
}

policy::Tls asking_for_clients()
{
    auto settings = server_settings();
    settings.client_ca = certificates().path("ca.pem");
    return settings;
}

void offer_protocols(SSL* client, std::string_view wire)
{
    SSL_set_alpn_protos(client, reinterpret_cast<const unsigned char*>(wire.data()),
                        static_cast<unsigned>(wire.size()));
}

}  // namespace

TEST_CASE("TLS 1.3 and 1.2 are spoken, and nothing older")
{
    const auto only = [](int version) {
        return [version](SSL* client) {
            SSL_set_security_level(client, 0);
            SSL_set_min_proto_version(client, version);
            SSL_set_max_proto_version(client, version);
        };
    };
    Handshake newest{server_settings(), only(TLS1_3_VERSION)};
    CHECK(newest.shake());
    CHECK(newest.stream->version() == "1.3");

    Handshake older{server_settings(), only(TLS1_2_VERSION)};
    CHECK(older.shake());
    CHECK(older.stream->version() == "1.2");
    CHECK(std::string{SSL_get_cipher(older.client.native())}.starts_with("ECDHE-"));

    Handshake oldest{server_settings(), only(TLS1_1_VERSION)};
    CHECK_FALSE(oldest.shake());
    CHECK(oldest.stream->failure() == "unsupported protocol");
}

TEST_CASE("the beginning of a handshake may have been read from the socket already")
{
    for (const std::size_t early : {1, 2, 5, 6, 50, 100}) {
        CAPTURE(early);
        Handshake handshake;
        REQUIRE(handshake.shake(early));
        REQUIRE(handshake.client.send("all is well"));
        CHECK(handshake.receive(11) == "all is well");
    }
}

TEST_CASE("http/1.1 is chosen where it is offered, and a client of HTTP/2 alone is told no")
{
    Handshake both{server_settings(),
                   [](SSL* client) { offer_protocols(client, "\x02h2\x08http/1.1"); }};
    REQUIRE(both.shake());
    const unsigned char* chosen = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(both.client.native(), &chosen, &length);
    CHECK(std::string_view{reinterpret_cast<const char*>(chosen), length} == "http/1.1");

    Handshake other{server_settings(), [](SSL* client) { offer_protocols(client, "\x02h2"); }};
    CHECK_FALSE(other.shake());

    Handshake silent;
    CHECK(silent.shake());
}

namespace {

// Records of a handshake that hold no data.
void update_keys(tests::Handshake& handshake, int times)
{
    auto* client = handshake.client.native();
    for (int i = 0; i < times; ++i) {
        REQUIRE(SSL_key_update(client, SSL_KEY_UPDATE_NOT_REQUESTED) == 1);
        REQUIRE(SSL_do_handshake(client) == 1);
    }
}

}  // namespace

TEST_CASE("a peer may change its keys, but not for ever without a byte of data")
{
    const auto tls_1_3 = [](SSL* client) { SSL_set_min_proto_version(client, TLS1_3_VERSION); };
    Handshake handshake{server_settings(), tls_1_3};
    REQUIRE(handshake.shake());
    for (int round = 0; round < 3; ++round) {
        update_keys(handshake, 300);
        REQUIRE(handshake.client.send("still here"));
        CHECK(handshake.receive(10) == "still here");
    }

    update_keys(handshake, 1000);
    std::array<std::uint8_t, 16> room;
    CHECK(handshake.stream->receive(room).then == Then::broken);
}

TEST_CASE("nothing is resumed: a client gets no ticket")
{
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        Handshake handshake{server_settings(),
                            [version](SSL* client) { SSL_set_max_proto_version(client, version); }};
        REQUIRE(handshake.shake());
        CHECK(SSL_SESSION_has_ticket(SSL_get_session(handshake.client.native())) == 0);
    }
}

TEST_CASE("a client certificate names its user by its common name or its alternative names")
{
    auto settings = asking_for_clients();
    const auto as_alice = [](SSL* client) { use_certificate(client, "alice"); };
    Handshake common{settings, as_alice};
    REQUIRE(common.shake());
    CHECK(common.stream->client_names() == Names{"alice"});

    settings.user_from = policy::Tls::UserFrom::san;
    Handshake alternative{settings, as_alice};
    REQUIRE(alternative.shake());
    CHECK(alternative.stream->client_names() == Names{"alice.example", "alice@example.com"});
}

TEST_CASE("a client that shows no certificate is nobody, and one of a stranger is refused")
{
    Handshake nobody{asking_for_clients()};
    REQUIRE(nobody.shake());
    CHECK(nobody.stream->client_names().empty());

    certificates().openssl(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 "
        "-subj /CN=alice -keyout stranger.key -out stranger.pem");
    Handshake stranger{asking_for_clients(),
                       [](SSL* client) { use_certificate(client, "stranger"); }};
    stranger.shake();
    CHECK(stranger.stream->failure() == "certificate verify failed");
}

TEST_CASE("a server's certificate of the same authority logs nobody in")
{
    certificates().issue("web", "/CN=alice", "DNS:alice", "-addext extendedKeyUsage=serverAuth");
    Handshake web{asking_for_clients(), [](SSL* client) { use_certificate(client, "web"); }};
    web.shake();
    CHECK(web.stream->failure() == "certificate verify failed");
}

TEST_CASE("nobody is asked for a certificate where no authority is configured")
{
    Handshake handshake{server_settings(), [](SSL* client) { use_certificate(client, "alice"); }};
    REQUIRE(handshake.shake());
    CHECK(handshake.stream->client_names().empty());
}

TEST_CASE("what is no TLS fails, and says why")
{
    Handshake handshake;
    REQUIRE(handshake.pair.theirs.send("\x16 is a number, and this a sentence"));
    std::array<char, 16> first{};
    asio::read(handshake.pair.ours, asio::buffer(first));
    handshake.stream.emplace(*handshake.context, handshake.pair.ours.native_handle(),
                             std::string_view{first.data(), first.size()});
    CHECK(handshake.stream->accept() == Then::broken);
    CHECK_FALSE(handshake.stream->failure().empty());
}

TEST_CASE("an end that is said is an end, and one that is not is a break")
{
    Handshake polite;
    REQUIRE(polite.shake());
    polite.client.say_end();
    tests::wait_for(polite.pair.ours.native_handle(), Then::when_readable);
    std::array<std::uint8_t, 8> bytes{};
    CHECK(polite.stream->receive(bytes).then == Then::ended);
    CHECK(polite.stream->receive(bytes).then == Then::ended);

    Handshake cut;
    REQUIRE(cut.shake());
    cut.pair.theirs.say_fin();
    tests::wait_for(cut.pair.ours.native_handle(), Then::when_readable);
    CHECK(cut.stream->receive(bytes).then == Then::broken);
    CHECK(cut.stream->receive(bytes).then == Then::broken);
}

TEST_CASE("a look does not take what it sees, nor lose it from sight")
{
    Handshake handshake;
    REQUIRE(handshake.shake());
    CHECK(handshake.stream->peek() == Then::when_readable);
    REQUIRE(handshake.client.send("here"));
    tests::wait_for(handshake.pair.ours.native_handle(), Then::when_readable);
    CHECK(handshake.stream->peek() == Then::go_on);
    CHECK(handshake.stream->has_unread());
    CHECK(handshake.receive(4) == "here");
    CHECK_FALSE(handshake.stream->has_unread());
}

TEST_CASE("what the socket does not take is sent when it does")
{
    Handshake handshake;
    REQUIRE(handshake.shake());
    const std::string bytes(8 << 20, 'x');
    std::size_t sent = 0;
    bool waited = false;
    std::string got;
    std::thread reader;
    while (sent < bytes.size()) {
        const std::string rest = bytes.substr(sent);  // elsewhere in memory each time
        const auto progress = handshake.stream->send(
            {reinterpret_cast<const std::uint8_t*>(rest.data()), rest.size()});
        REQUIRE(progress.then != Then::broken);
        sent += progress.bytes;
        if (progress.then == Then::when_writable && !waited) {
            waited = true;
            reader = std::thread{[&] { got = handshake.client.receive(bytes.size()); }};
        }
        if (progress.then == Then::when_writable)
            tests::wait_for(handshake.pair.ours.native_handle(), progress.then);
    }
    REQUIRE(waited);
    reader.join();
    CHECK(got == bytes);
}
