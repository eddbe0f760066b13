#include "protocols/http_connect.hpp"

#include <string>

#include "tests/protocols/ways.hpp"

namespace adit::protocols {
namespace {

using testing::accept_all;
using testing::answer;
using testing::refuse_all;
using testing::Talk;
using testing::target;
using testing::try_handshake;
using namespace std::string_literals;

const auto alice = "Proxy-Authorization: Basic YWxpY2U6c2VjcmV0\r\n"s;  // alice:secret
const auto anonymous = "Proxy-Authorization: Basic OnNlY3JldA==\r\n"s;  // :secret

std::string connect(const std::string& fields = "", const std::string& host = "example.com:443")
{
    return "CONNECT " + host + " HTTP/1.1\r\nHost: " + host + "\r\n" + fields + "\r\n";
}

Talk talk(const std::string& bytes, Login login = Login::none,
          const testing::Verdict& verdict = accept_all())
{
    return try_handshake(HttpHandshake{login}, bytes, verdict);
}

bool reached_tunnel(const Talk& talk)
{
    return talk.request && talk.request->protocol == Protocol::connect &&
           talk.request->target == target("example.com:443") && talk.said.empty();
}

// Fault::none and a message of its own when there was no malformed ending.
Fault fault_of(const std::string& bytes, Login login = Login::none)
{
    const auto told = talk(bytes, login);
    CHECK_FALSE(told.request);
    REQUIRE(told.hangup);
    CHECK(told.hangup->ending == Ending::malformed);
    CHECK(told.logins.empty());
    return told.hangup->fault;
}

Ending ending_of(const std::string& bytes, Login login,
                 const testing::Verdict& verdict = accept_all())
{
    const auto told = talk(bytes, login, verdict);
    CHECK_FALSE(told.request);
    REQUIRE(told.hangup);
    return told.hangup->ending;
}

TEST_CASE("CONNECT in HTTP/1.1 and HTTP/1.0 becomes a tunnel, split at any byte")
{
    CHECK(reached_tunnel(talk(connect())));
    CHECK(reached_tunnel(talk("\r\n" + connect())));
    CHECK(reached_tunnel(talk("CONNECT example.com:443 HTTP/1.0\r\n\r\n")));
    CHECK(reached_tunnel(talk("CONNECT EXAMPLE.com.:443 HTTP/1.1\r\nHost: a\r\n\r\n")));
    CHECK(reached_tunnel(talk(connect("User-Agent: curl/8\r\nProxy-Connection: Keep-Alive\r\n"))));
}

TEST_CASE("the tunnel goes where the request line says, whatever Host says")
{
    for (const auto* host : {"other.example", "", "127.0.0.1:1", "a b"}) {
        const auto bytes = "CONNECT example.com:443 HTTP/1.1\r\nHost: "s + host + "\r\n\r\n";
        CHECK(reached_tunnel(talk(bytes)));
    }
}

TEST_CASE("methods are case-sensitive, and only CONNECT is one")
{
    for (const auto* method : {"GET", "POST", "connect", "Connect", "CONNECTX", "OPTIONS", "X"}) {
        CAPTURE(method);
        CHECK(fault_of(method + " example.com:443 HTTP/1.1\r\nHost: a\r\n\r\n"s) ==
              Fault::unknown_method);
        CHECK(fault_of(method + " / HTTP/1.1\r\n\r\n"s) == Fault::unknown_method);
    }
    CHECK(fault_of("GET http://example.com/ HTTP/1.1\r\nHost: example.com\r\n\r\n") ==
          Fault::unknown_method);
}

TEST_CASE("a CONNECT target is checked strictly")
{
    const struct {
        const char* target;
        Fault fault;
    } cases[] = {
        {"example.com", Fault::bad_authority},
        {"/", Fault::bad_authority},
        {"http://example.com:443/", Fault::bad_authority},
        {"user@example.com:443", Fault::bad_host},
        {"allowed:443@denied:443", Fault::bad_authority},
        {"[127.0.0.1]:443", Fault::bad_host},
        {"[localhost]:443", Fault::bad_host},
        {"[::1%25lo]:443", Fault::bad_host},
        {"2001:db8::1:443", Fault::bad_authority},
        {"2130706433:443", Fault::bad_host},
        {"%31%32%37.0.0.1:443", Fault::bad_host},
        {"example.com:", Fault::bad_port},
        {"example.com:0", Fault::bad_port},
        {"example.com:0443", Fault::bad_port},
        {"example.com:65979", Fault::bad_port},
        {"example.com:+443", Fault::bad_port},
        {"example.com:443/path", Fault::bad_port},
        {"example.com:443?x", Fault::bad_port},
        {"example.com:443#x", Fault::bad_port},
    };
    for (const auto& one : cases) {
        CAPTURE(one.target);
        CHECK(fault_of("CONNECT "s + one.target + " HTTP/1.1\r\nHost: a\r\n\r\n") == one.fault);
    }
}

TEST_CASE("Host is there once in HTTP/1.1, and at most once in HTTP/1.0")
{
    CHECK(fault_of("CONNECT example.com:443 HTTP/1.1\r\n\r\n") == Fault::host_missing);
    CHECK(fault_of(connect("Host: example.com:443\r\n")) == Fault::host_repeated);
    CHECK(fault_of(connect("hOST: other\r\n")) == Fault::host_repeated);
    CHECK(fault_of("CONNECT example.com:443 HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n") ==
          Fault::host_repeated);
}

TEST_CASE("a CONNECT that announces a body is refused, except for one length of zero")
{
    for (const auto* field :
         {"Content-Length: 5\r\n", "Content-Length: 00\r\n", "Content-Length:\r\n",
          "Content-Length: +0\r\n", "Content-Length: 0, 0\r\n", "Content-Length: -1\r\n",
          "Content-Length: 0\r\nContent-Length: 0\r\n",
          "Content-Length: 0\r\ncontent-length: 5\r\n", "Transfer-Encoding: chunked\r\n",
          "transfer-encoding: identity\r\n", "Transfer-Encoding:\r\n",
          "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"}) {
        CAPTURE(field);
        CHECK(fault_of(connect(field)) == Fault::body_not_allowed);
    }
    CHECK(reached_tunnel(talk(connect("Content-Length: 0\r\n"))));
}

TEST_CASE("where a login is required, CONNECT needs right credentials")
{
    const auto right = talk(connect(alice), Login::required);
    CHECK(reached_tunnel(right));
    CHECK(right.logins == std::vector{"alice:secret"s});
    CHECK(ending_of(connect(alice), Login::required, refuse_all()) == Ending::login_failed);
    CHECK(ending_of(connect(), Login::required) == Ending::login_needed);
    CHECK(ending_of(connect(anonymous), Login::required) == Ending::login_failed);
}

TEST_CASE("where a login is optional, nobody may ask, but credentials must be right")
{
    CHECK(reached_tunnel(talk(connect(), Login::optional)));
    const auto nobody = talk(connect(anonymous), Login::optional);
    CHECK(reached_tunnel(nobody));
    CHECK(nobody.logins.empty());
    CHECK(talk(connect(alice), Login::optional).logins == std::vector{"alice:secret"s});
    CHECK(ending_of(connect(alice), Login::optional, refuse_all()) == Ending::login_failed);
}

TEST_CASE("where no login is asked for, credentials are not even read")
{
    for (const auto& field : {alice, alice + alice, "Proxy-Authorization: nonsense\r\n"s}) {
        const auto told = talk(connect(field), Login::none, refuse_all());
        CHECK(reached_tunnel(told));
        CHECK(told.logins.empty());
    }
}

TEST_CASE("the name of the Basic scheme has no case and may be followed by several spaces")
{
    for (const auto* scheme : {"Basic ", "basic ", "BASIC ", "Basic    "}) {
        const auto field = "proxy-authorization: "s + scheme + "YWxpY2U6c2VjcmV0\r\n";
        CHECK(reached_tunnel(talk(connect(field), Login::required)));
    }
}

TEST_CASE("credentials that are not well-formed are refused as such")
{
    for (const auto* value : {"Basic", "Basic !", "Basic YWxpY2U6c2VjcmV", "Basic YWxpY2U=",
                              "Basic YWxpY2U6c2VjcmV0 x", "Basic YTpzZWNyZXQA", "Basic a:b"}) {
        CAPTURE(value);
        const auto field = "Proxy-Authorization: "s + value + "\r\n";
        CHECK(fault_of(connect(field), Login::required) == Fault::bad_credentials_field);
        CHECK(fault_of(connect(field), Login::optional) == Fault::bad_credentials_field);
    }
    CHECK(fault_of(connect(alice + alice), Login::required) == Fault::bad_credentials_field);
    CHECK(fault_of(connect(alice + anonymous), Login::optional) == Fault::bad_credentials_field);
}

TEST_CASE("a scheme that is not spoken here is answered with the one that is")
{
    for (const auto* value : {"Bearer abc", "Digest username=\"a\"", "NTLM", "", "Basic2 abc"}) {
        CAPTURE(value);
        const auto field = "Proxy-Authorization: "s + value + "\r\n";
        CHECK(ending_of(connect(field), Login::required) == Ending::login_needed);
        CHECK(ending_of(connect(field), Login::optional) == Ending::login_needed);
    }
}

TEST_CASE("an Authorization field is the destination's and proves nothing here")
{
    CHECK(ending_of(connect("Authorization: Basic YWxpY2U6c2VjcmV0\r\n"), Login::required) ==
          Ending::login_needed);
}

TEST_CASE("the request is checked before the login: version, method, target, fields")
{
    CHECK(fault_of("CONNECT a HTTP/2.0\r\n", Login::required) == Fault::bad_version);
    CHECK(fault_of("GET a HTTP/1.1\r\n\r\n", Login::required) == Fault::unknown_method);
    CHECK(fault_of("CONNECT a HTTP/1.1\r\n\r\n", Login::required) == Fault::bad_authority);
    CHECK(fault_of("CONNECT a:1 HTTP/1.1\r\n\r\n", Login::required) == Fault::host_missing);
    CHECK(fault_of(connect("Content-Length: 1\r\n" + alice), Login::required) ==
          Fault::body_not_allowed);
    CHECK(fault_of(connect(alice + "A : b\r\n"), Login::required) == Fault::bad_field);
}

TEST_CASE("bytes behind a CONNECT are the tunnel's and are never read as a request")
{
    const auto both = connect() + connect("", "denied.example:25");
    const auto told = talk(both);
    CHECK(reached_tunnel(told));
    CHECK(told.unread == connect("", "denied.example:25"));

    HttpHandshake handshake{Login::required};
    const auto bytes = connect(alice) + "early";
    const auto wants = handshake.advance(as_bytes(bytes));
    CHECK(wants.consumed == connect(alice).size());
    CHECK(handshake.advance(as_bytes("early")).consumed == 0);
    CHECK(std::holds_alternative<Tunnel>(handshake.verified(true).what));
    CHECK(handshake.protocol() == Protocol::connect);
}

TEST_CASE("a verdict that nobody asked for opens nothing")
{
    HttpHandshake handshake{Login::required};
    CHECK(std::holds_alternative<Hangup>(handshake.verified(true).what));
}

TEST_CASE("CONNECT succeeds with a 200 that has no framing field")
{
    HttpHandshake handshake{Login::none};
    CHECK(handshake.conclude(answer(Ending::established)) ==
          "HTTP/1.1 200 Connection established\r\n\r\n");
}

TEST_CASE("a CONNECT can be concluded at any moment, and never repeats the request")
{
    const auto bytes = connect("X-Secret: hunter2\r\n" + alice, "h0st.example:443");
    for (std::size_t size = 0; size <= bytes.size(); ++size) {
        testing::Feed<HttpHandshake> feed{HttpHandshake{Login::required}};
        feed.receive(bytes.substr(0, size));
        const auto reply = feed.handshake().conclude(answer(Ending::malformed, Fault::too_slow));
        CHECK(reply.find("HTTP/1.1 408 Request Timeout\r\n") == 0);
        for (const auto* word : {"hunter2", "h0st", "YWxp", "alice"})
            CHECK(reply.find(word) == std::string::npos);
    }
}

TEST_CASE("a request whose Accept prefers JSON is refused in JSON, faulty requests too")
{
    const auto refusal_after = [](const std::string& bytes) {
        HttpHandshake handshake{Login::none};
        (void)handshake.advance(as_bytes(bytes));
        return handshake.conclude(answer(Ending::not_allowed));
    };
    const auto json = "Content-Type: application/json\r\n"s;
    CHECK(refusal_after(connect("Accept: application/json\r\n")).find(json) != std::string::npos);
    CHECK(refusal_after(connect("Accept: text/html\r\nAccept: application/json\r\n")).find(json) !=
          std::string::npos);
    CHECK(
        refusal_after("GET / HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\n\r\n").find(json) !=
        std::string::npos);
    CHECK(refusal_after(connect("Accept: */*\r\n")).find(json) == std::string::npos);
    CHECK(refusal_after(connect()).find(json) == std::string::npos);
}

}  // namespace
}  // namespace adit::protocols
