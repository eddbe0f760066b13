// The conversation of SOCKS5; socks5_test.cpp tries its parsers.
#include <string>

#include "protocols/socks5.hpp"
#include "tests/protocols/ways.hpp"

namespace adit::protocols {
namespace {

using testing::accept_all;
using testing::answer;
using testing::counted;
using testing::endpoint;
using testing::feed_cut;
using testing::refuse_all;
using testing::Talk;
using testing::target;
using testing::try_handshake;
using namespace std::string_literals;

const auto offers_none = "\5\1\0"s;
const auto offers_login = "\5\1\2"s;
const auto offers_both = "\5\2\0\2"s;
const auto login = "\1"s + counted("alice") + counted("secret");
const auto request = "\5\1\0\3"s + counted("example.com") + "\x01\xbb"s;
const auto chose_none = "\5\0"s;
const auto chose_login = "\5\2"s;
const auto no_method = "\5\xff"s;
const auto login_right = "\1\0"s;
const auto login_wrong = "\1\1"s;
const auto nothing_bound = "\0\1\0\0\0\0\0\0"s;  // RSV, ATYP, BND.ADDR, BND.PORT

Talk talk(Login asked, const std::string& bytes, const testing::Verdict& verdict = accept_all())
{
    return try_handshake(Socks5Handshake{asked}, bytes, verdict);
}

bool reached_tunnel(const Talk& talk)
{
    return talk.request && talk.request->protocol == Protocol::socks5 &&
           talk.request->target == target("example.com:443");
}

// The last words to a client that has said `bytes` so far.
Reply last_words(Login asked, const std::string& bytes, const Answer& told,
                 const testing::Verdict& verdict = accept_all())
{
    testing::Feed<Socks5Handshake> feed{Socks5Handshake{asked}, verdict};
    feed.receive(bytes);
    return feed.handshake().conclude(told);
}

TEST_CASE("a SOCKS5 client is asked for a login only where one can matter")
{
    const struct {
        Login asked;
        std::string offer;
        std::string reply;
    } cases[] = {
        {Login::none, offers_none, chose_none},      {Login::none, offers_both, chose_none},
        {Login::none, offers_login, chose_login},    {Login::optional, offers_none, chose_none},
        {Login::optional, offers_both, chose_login}, {Login::optional, offers_login, chose_login},
        {Login::required, offers_both, chose_login}, {Login::required, offers_login, chose_login},
    };
    for (const auto& one : cases)
        CHECK(talk(one.asked, one.offer).said == one.reply);
}

TEST_CASE("a SOCKS5 client that offers no method we need is told so")
{
    const auto required = talk(Login::required, offers_none);
    REQUIRE(required.hangup);
    CHECK(required.hangup->ending == Ending::login_needed);
    CHECK(last_words(Login::required, offers_none, answer(Ending::login_needed)) == no_method);

    for (const auto asked : {Login::none, Login::optional}) {
        const auto offered = talk(asked, "\5\1\1"s);
        REQUIRE(offered.hangup);
        CHECK(offered.hangup->fault == Fault::bad_greeting);
        CHECK(last_words(asked, "\5\1\1"s, answer(Ending::malformed, Fault::bad_greeting)) ==
              no_method);
    }
    const auto empty = talk(Login::none, "\5\0"s);
    REQUIRE(empty.hangup);
    CHECK(empty.hangup->fault == Fault::bad_greeting);
}

TEST_CASE("a SOCKS5 request without a login becomes a tunnel")
{
    for (const auto asked : {Login::none, Login::optional}) {
        const auto told = talk(asked, offers_none + request);
        CHECK(reached_tunnel(told));
        CHECK(told.said == chose_none);
        CHECK(told.logins.empty());
    }
}

TEST_CASE("a SOCKS5 request after a right password becomes a tunnel")
{
    for (const auto asked : {Login::required, Login::optional}) {
        const auto told = talk(asked, offers_both + login + request);
        CHECK(reached_tunnel(told));
        CHECK(told.said == chose_login + login_right);
        CHECK(told.logins == std::vector{"alice:secret"s});
    }
}

TEST_CASE("a wrong SOCKS5 password ends the conversation with a failure status")
{
    for (const auto asked : {Login::required, Login::optional}) {
        const auto bytes = offers_both + login + request;
        const auto told = talk(asked, bytes, refuse_all());
        REQUIRE(told.hangup);
        CHECK(told.hangup->ending == Ending::login_failed);
        CHECK_FALSE(told.request);
        CHECK(told.said == chose_login);
        CHECK(last_words(asked, bytes, answer(Ending::login_failed), refuse_all()) == login_wrong);
    }
}

TEST_CASE("an empty SOCKS5 user name is nobody where the login is optional, and wrong where not")
{
    const auto bytes = offers_both + "\1"s + counted("") + counted("x") + request;
    const auto optional = talk(Login::optional, bytes);
    CHECK(reached_tunnel(optional));
    CHECK(optional.logins.empty());
    CHECK(optional.said == chose_login + login_right);

    const auto required = talk(Login::required, bytes);
    REQUIRE(required.hangup);
    CHECK(required.hangup->ending == Ending::login_failed);
    CHECK(required.logins.empty());
    CHECK(last_words(Login::required, bytes, answer(Ending::login_failed)) == login_wrong);
}

TEST_CASE("where no login is asked for, a client that insists on one is nobody")
{
    const auto told = talk(Login::none, offers_login + login + request, refuse_all());
    CHECK(reached_tunnel(told));
    CHECK(told.logins.empty());
    CHECK(told.said == chose_login + login_right);
}

TEST_CASE("a user name or password with a control character fails before anyone compares it")
{
    for (const auto& wrong :
         {counted("alice\0x"s) + counted("secret"), counted("alice") + counted("secret\0junk"s),
          counted("al\nice") + counted("secret"), counted("alice") + counted("\x7f")}) {
        const auto told = talk(Login::required, offers_login + "\1" + wrong + request);
        REQUIRE(told.hangup);
        CHECK(told.hangup->ending == Ending::login_failed);
        CHECK(told.logins.empty());
    }
}

TEST_CASE("the chosen SOCKS5 method is enforced: a request in place of the login is refused")
{
    for (const auto asked : {Login::required, Login::optional}) {
        const auto told = talk(asked, offers_both + request);
        REQUIRE(told.hangup);
        CHECK(told.hangup->fault == Fault::bad_sub_negotiation);
        CHECK_FALSE(told.request);
    }
    const auto unasked = talk(Login::none, offers_both + login + request);
    REQUIRE(unasked.hangup);
    CHECK(unasked.hangup->fault == Fault::bad_version_byte);
    const auto regreeted = talk(Login::required, offers_login + offers_none + request);
    REQUIRE(regreeted.hangup);
    CHECK(regreeted.hangup->fault == Fault::bad_sub_negotiation);
}

TEST_CASE("before a method is chosen, a SOCKS5 refusal says that no method will do")
{
    for (const auto ending : {Ending::login_needed, Ending::not_allowed, Ending::limit})
        CHECK(last_words(Login::none, "", answer(ending)) == no_method);
    CHECK(last_words(Login::none, "\5", answer(Ending::malformed, Fault::too_slow)).empty());
    CHECK(
        last_words(Login::none, "\6", answer(Ending::malformed, Fault::bad_version_byte)).empty());
}

TEST_CASE("while a login is awaited, a SOCKS5 refusal is a failure status, and nonsense gets none")
{
    CHECK(last_words(Login::required, offers_login, answer(Ending::limit)) == login_wrong);
    CHECK(last_words(Login::required, offers_login + "\5",
                     answer(Ending::malformed, Fault::bad_sub_negotiation))
              .empty());
    CHECK(last_words(Login::required, offers_login, answer(Ending::malformed, Fault::too_slow))
              .empty());
}

TEST_CASE("a client that waits for the verdict on its login is told a failure, whatever it was")
{
    Socks5Handshake handshake{Login::required};
    (void)handshake.advance(as_bytes(offers_login));
    const auto wants = handshake.advance(as_bytes(login));
    CHECK(std::holds_alternative<Verify>(wants.what));
    CHECK(handshake.advance(as_bytes(request)).consumed == 0);
    CHECK(handshake.conclude(answer(Ending::malformed, Fault::too_slow)) == login_wrong);
    CHECK(handshake.conclude(answer(Ending::limit)) == login_wrong);
}

TEST_CASE("before a SOCKS5 request has come, slowness is not answered")
{
    CHECK(last_words(Login::none, offers_none + "\5\1", answer(Ending::malformed, Fault::too_slow))
              .empty());
    CHECK(last_words(Login::none, offers_none, answer(Ending::limit)) == "\5\1"s + nothing_bound);
}

TEST_CASE("a SOCKS5 client may ask for a UDP association, or for a connection to itself")
{
    const auto associate = talk(Login::none, offers_none + "\5\3\0\1\0\0\0\0\0\0"s);
    REQUIRE(associate.request);
    CHECK(associate.request->protocol == Protocol::udp);

    const auto bind = talk(Login::required, offers_login + login + "\5\2\0\1\x0a\0\0\1\0\x15"s);
    REQUIRE(bind.request);
    CHECK(bind.request->protocol == Protocol::bind);
    CHECK(bind.request->target == target("10.0.0.1:21"));
}

TEST_CASE("a SOCKS5 command that the listener does not offer is answered as not supported")
{
    CHECK(last_words(Login::none, offers_none + "\5\3\0\1\0\0\0\0\0\0"s,
                     answer(Ending::not_allowed, Fault::protocol_not_open)) ==
          "\5\7"s + nothing_bound);
}

TEST_CASE("each way a SOCKS5 request can fail has its reply code")
{
    const struct {
        Ending ending;
        char rep;
    } cases[] = {
        {Ending::malformed, 1},
        {Ending::login_needed, 2},
        {Ending::login_failed, 2},
        {Ending::not_allowed, 2},
        {Ending::address_not_allowed, 2},
        {Ending::name_unknown, 4},
        {Ending::name_timeout, 4},
        {Ending::refused, 5},
        {Ending::host_unreachable, 4},
        {Ending::network_unreachable, 3},
        {Ending::timed_out, 6},
        {Ending::limit, 1},
        {Ending::internal, 1},
    };
    for (const auto& one : cases) {
        auto told = answer(one.ending);
        told.bound = endpoint("10.0.0.1", 4000);  // of no concern to who was refused
        CHECK(last_words(Login::none, offers_none + request, told) ==
              "\5"s + one.rep + nothing_bound);
    }
}

TEST_CASE("a malformed SOCKS5 request is answered: 7 for its command, 8 for its address type")
{
    const struct {
        std::string request;
        Fault fault;
        char rep;
    } cases[] = {
        {"\5\4\0\1\x0a\0\0\1\0\x16"s, Fault::bad_command, 7},
        {"\5\x09\0\x09"s, Fault::bad_command, 7},
        {"\5\3\0\2"s, Fault::bad_address_type, 8},
        {"\5\1\0\2"s, Fault::bad_address_type, 8},
        {"\4\1\0\1"s, Fault::bad_version_byte, 1},
        {"\5\1\1\1"s, Fault::bad_reserved_byte, 1},
        {"\5\1\0\3\0\0\x16"s, Fault::bad_host, 1},
        {"\5\1\0\1\x0a\0\0\1\0\0"s, Fault::bad_port, 1},
    };
    for (const auto& one : cases) {
        const auto told = talk(Login::none, offers_none + one.request);
        REQUIRE(told.hangup);
        CHECK(told.hangup->ending == Ending::malformed);
        CHECK(told.hangup->fault == one.fault);
        CHECK(last_words(Login::none, offers_none + one.request,
                         answer(Ending::malformed, one.fault)) == "\5"s + one.rep + nothing_bound);
    }
}

TEST_CASE("SOCKS5 success carries the gateway's own address towards the destination")
{
    auto told = answer(Ending::established);
    told.bound = endpoint("10.1.2.3", 0x1234);
    CHECK(last_words(Login::none, offers_none + request, told) == "\5\0\0\1\x0a\1\2\3\x12\x34"s);
    told.bound = endpoint("2001:db8::1", 0xfffe);
    CHECK(last_words(Login::none, offers_none + request, told) ==
          "\5\0\0\4\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1\xff\xfe"s);
}

TEST_CASE("bytes behind a SOCKS5 request are left for the tunnel, even when they look like SOCKS5")
{
    const auto early = feed_cut(Socks5Handshake{Login::none}, offers_none + request + request);
    CHECK(reached_tunnel(early));
    CHECK(early.unread == request);
    Socks5Handshake handshake{Login::none};
    (void)handshake.advance(as_bytes(offers_none));
    CHECK(handshake.advance(as_bytes(request)).consumed == request.size());
    CHECK(handshake.advance(as_bytes("more")).consumed == 0);
    CHECK(handshake.protocol() == Protocol::socks5);
}

}  // namespace
}  // namespace adit::protocols
