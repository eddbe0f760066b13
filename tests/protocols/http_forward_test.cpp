#include "protocols/http_forward.hpp"

#include <string>

#include "protocols/http_connect.hpp"
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
using Kind = Framing::Kind;

const HttpOffer all{true, true, true};
const auto alice = "Proxy-Authorization: Basic YWxpY2U6c2VjcmV0\r\n"s;  // alice:secret

Talk talk(const std::string& bytes, Login login = Login::none,
          const testing::Verdict& verdict = accept_all())
{
    return try_handshake(HttpHandshake{login, all}, bytes, verdict);
}

std::string get(const std::string& fields = "", const std::string& url = "http://example.com/a?b")
{
    return "GET " + url + " HTTP/1.1\r\nHost: example.com\r\n" + fields + "\r\n";
}

// The request's head as the destination gets it.
std::string forwarded(const std::string& bytes)
{
    const auto told = talk(bytes);
    CHECK_FALSE(told.hangup);
    return told.forwarded;
}

Fault fault_of(const std::string& bytes)
{
    const auto told = talk(bytes);
    CHECK(told.forwarded.empty());
    REQUIRE(told.hangup);
    CHECK(told.hangup->ending == Ending::malformed);
    return told.hangup->fault;
}

ForwardRequest parse(const std::string& bytes)
{
    auto step = HttpHeadReader{}.read(as_bytes(bytes));
    REQUIRE(step.index() == 1);
    auto request = parse_forward_request(std::get<1>(step).value);
    REQUIRE(request.has_value());
    return *request;
}

HttpResponseHead response(const std::string& bytes)
{
    const auto step = HttpResponseReader{}.read(as_bytes(bytes));
    REQUIRE(step.index() == 1);
    return std::get<1>(step).value;
}

std::string answered(const std::string& bytes, const std::string& request = get())
{
    const auto head = response(bytes);
    const auto asked = parse(request);
    const auto framing = framing_of(head, asked.head.method);
    REQUIRE(framing.has_value());
    const auto delivery = delivery_of(*framing, asked);
    return write_answer_head(head, *framing, delivery,
                             asked.keeps_connection && delivery != Kind::until_close, "test");
}

TEST_CASE("an absolute-form request is written anew: origin-form, Host from the target, Via")
{
    CHECK(forwarded(get("User-Agent: curl\r\nAccept: */*\r\n")) ==
          "GET /a?b HTTP/1.1\r\nHost: example.com\r\nUser-Agent: curl\r\nAccept: */*\r\n"
          "Via: 1.1 test\r\n\r\n");
    CHECK(forwarded("BREW hTTp://EXAMPLE.com.:8080 HTTP/1.1\r\nHost: a\r\n\r\n") ==
          "BREW / HTTP/1.1\r\nHost: example.com:8080\r\nVia: 1.1 test\r\n\r\n");
    CHECK(forwarded("GET http://[2001:DB8::1]?q HTTP/1.0\r\n\r\n") ==
          "GET /?q HTTP/1.1\r\nHost: [2001:db8::1]\r\nVia: 1.0 test\r\n\r\n");
    CHECK(forwarded("OPTIONS http://example.com HTTP/1.1\r\nHost: a\r\n\r\n").substr(0, 20) ==
          "OPTIONS * HTTP/1.1\r\n");
}

TEST_CASE("Host counts for nothing: the target says where the request goes")
{
    for (const auto* host : {"other.example", "", "127.0.0.1:1", "a b"}) {
        const auto text =
            forwarded("GET http://example.com/ HTTP/1.1\r\nHost: "s + host + "\r\n\r\n");
        CHECK(text == "GET / HTTP/1.1\r\nHost: example.com\r\nVia: 1.1 test\r\n\r\n");
    }
    CHECK(fault_of("GET http://a.example/ HTTP/1.1\r\n\r\n") == Fault::host_missing);
    CHECK(fault_of(get("Host: example.com\r\n")) == Fault::host_repeated);
}

TEST_CASE("a target is checked as strictly as that of a tunnel")
{
    const struct {
        const char* url;
        Fault fault;
    } cases[] = {
        {"https://example.com/", Fault::scheme_not_forwarded},
        {"ftp://example.com/", Fault::scheme_not_forwarded},
        {"http:///", Fault::bad_host},
        {"http://user@example.com/", Fault::bad_host},
        {"http://user:pw@example.com/", Fault::bad_port},
        {"http://example.com:/", Fault::bad_port},
        {"http://example.com:0/", Fault::bad_port},
        {"http://example.com:65979/", Fault::bad_port},
        {"http://example.com:+80/", Fault::bad_port},
        {"http://example.com:080/", Fault::bad_port},
        {"http://[127.0.0.1]/", Fault::bad_host},
        {"http://[::1%25lo]/", Fault::bad_host},
        {"http://::1/", Fault::bad_authority},
        {"http://2130706433/", Fault::bad_host},
        {"http://127.1/", Fault::bad_host},
        {"http://0x7f.1/", Fault::bad_host},
        {"http://%31%32%37.0.0.1/", Fault::bad_host},
        {"http://example.com\\@evil.example/", Fault::bad_host},
        {"http://example.com#@evil.example/", Fault::bad_request_line},
        {"http://example.com/a#b", Fault::bad_request_line},
    };
    for (const auto& one : cases) {
        CAPTURE(one.url);
        CHECK(fault_of(get("", one.url)) == one.fault);
    }
}

TEST_CASE("what belongs to the client's hop is not passed on, the proxy's credentials least of all")
{
    const auto text =
        forwarded(get(alice + "Connection: keep-alive, X-Mine, Cookie\r\nX-Mine: 1\r\n"
                              "Cookie: c\r\nKeep-Alive: timeout=5\r\nTE: trailers\r\n"
                              "Trailer: X\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n"
                              "Proxy-Connection: keep-alive\r\nProxy: http://evil/\r\n"
                              "Authorization: Basic eDp5\r\nX-Yours: 2\r\n"));
    CHECK(text ==
          "GET /a?b HTTP/1.1\r\nHost: example.com\r\nAuthorization: Basic eDp5\r\nX-Yours: 2\r\n"
          "Via: 1.1 test\r\n\r\n");
}

TEST_CASE("Connection cannot take away what frames the message or says the host")
{
    const auto text = forwarded(
        "POST http://example.com/ HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
        "Connection: content-length, host, via, connection\r\nVia: 1.1 before\r\n\r\n");
    CHECK(text ==
          "POST / HTTP/1.1\r\nHost: example.com\r\nContent-Length: 5\r\nVia: 1.1 test\r\n\r\n");
    CHECK(forwarded("POST http://example.com/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n"
                    "Connection: transfer-encoding\r\n\r\n")
              .find("\r\nTransfer-Encoding: chunked\r\n") != std::string::npos);
}

TEST_CASE("smuggling attempts are refused as requests that are not well-formed")
{
    const auto post = [](const std::string& fields) {
        return "POST http://example.com/ HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
    };
    const struct {
        std::string request;
        Fault fault;
    } cases[] = {
        {post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), Fault::bad_framing},
        {post("Content-Length: 5\r\nContent-Length: 6\r\n"), Fault::bad_framing},
        {post("Content-Length: 5, 6\r\n"), Fault::bad_framing},
        {post("Content-Length:\r\n"), Fault::bad_framing},
        {post("Transfer-Encoding: chunked,\r\n"), Fault::bad_framing},
        {post("Transfer-Encoding: gzip, chunked\r\n"), Fault::bad_framing},
        {post("Transfer-Encoding : chunked\r\n"), Fault::bad_field},
        {post("Content-Length : 5\r\n"), Fault::bad_field},
        {post("X: y\r\n Content-Length: 5\r\n"), Fault::bad_field},
        {post("X: y\rContent-Length: 5\r\n"), Fault::bad_field},
        {post("X: y\nContent-Length: 5\r\n"), Fault::bad_field},
        {post(": 5\r\n"), Fault::bad_field},
        {post("X\0Y: 5\r\n"s), Fault::bad_field},
        {post("X: 5\0\r\n"s), Fault::bad_field},
        {post("Expect: 200-ok\r\n"), Fault::bad_expectation},
    };
    for (const auto& one : cases) {
        CAPTURE(one.request);
        CHECK(fault_of(one.request) == one.fault);
    }
}

TEST_CASE("Expect: 100-continue goes on with a body, unless the client is of HTTP/1.0")
{
    const auto post = [](const std::string& version) {
        return "POST http://example.com/ HTTP/" + version +
               "\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-Continue\r\n\r\n";
    };
    CHECK(forwarded(post("1.1")).find("\r\nExpect: 100-continue\r\n") != std::string::npos);
    CHECK(forwarded(post("1.0")).find("Expect") == std::string::npos);
}

TEST_CASE("a WebSocket is asked for anew, and no other upgrade is")
{
    const auto socket =
        get("Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"
            "Sec-WebSocket-Key: k\r\n");
    CHECK(forwarded(socket) ==
          "GET /a?b HTTP/1.1\r\nHost: example.com\r\nSec-WebSocket-Key: k\r\nVia: 1.1 test\r\n"
          "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    CHECK(forwarded(get("Connection: Upgrade\r\nUpgrade: h2c\r\n")).find("Upgrade") ==
          std::string::npos);
    CHECK(forwarded(get("Upgrade: websocket\r\n")).find("Upgrade") == std::string::npos);

    const auto good = response(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Accept: a\r\n\r\n");
    CHECK(accepts_upgrade(good, parse(socket)));
    CHECK_FALSE(accepts_upgrade(good, parse(get())));
    CHECK(write_upgrade_head(good, "test") ==
          "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: a\r\nVia: 1.1 test\r\n"
          "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    CHECK_FALSE(accepts_upgrade(response("HTTP/1.1 101 x\r\nUpgrade: h2c\r\n"
                                         "Connection: Upgrade\r\n\r\n"),
                                parse(socket)));
}

TEST_CASE("a request names its client only where the listener says so, behind whatever was there")
{
    const auto told = [](const std::string& fields, std::string_view client, bool tells = true) {
        auto request = parse(get(fields));
        request.tells_client = tells;
        const auto text = write_request_head(request, "test", client);
        const auto at = text.find("X-Forwarded-For: ");
        if (at == std::string::npos)
            return "nothing"s;
        CHECK(text.find("Forwarded", at + 17) == std::string::npos);
        return text.substr(at + 17, text.find("\r\n", at) - at - 17);
    };
    const auto before = "X-Forwarded-For: 192.0.2.1\r\n"s;
    CHECK(told("", "10.0.0.7") == "10.0.0.7");
    CHECK(told("", "2001:db8::7") == "2001:db8::7");
    CHECK(told("", "") == "unknown");
    CHECK(told(before, "10.0.0.7") == "192.0.2.1, 10.0.0.7");
    CHECK(told(before + "X-FORWARDED-FOR: a, b\r\n", "10.0.0.7") == "192.0.2.1,a, b, 10.0.0.7");
    CHECK(told("X-Forwarded-For:\r\n", "10.0.0.7") == "10.0.0.7");
    CHECK(told(before + "Connection: x-forwarded-for\r\n", "10.0.0.7") == "10.0.0.7");

    CHECK(told("", "10.0.0.7", false) == "nothing");
    CHECK(told(before, "10.0.0.7", false) == "192.0.2.1");

    HttpHandshake handshake{Login::none, {true, true, true, true}};
    const auto wants = handshake.advance(as_bytes(get()));
    CHECK(std::get<Forward>(wants.what).request.tells_client);
}

std::string limited(const std::string& method, const std::string& fields)
{
    return method + " http://a.example/ HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

TEST_CASE("Max-Forwards of TRACE and OPTIONS is counted down, and of other methods left alone")
{
    const auto counted = [](const std::string& method, const std::string& value) {
        const auto text = forwarded(limited(method, "Max-Forwards: " + value + "\r\n"));
        const auto at = text.find("Max-Forwards: ");
        REQUIRE(at != std::string::npos);
        CHECK(text.find("Max-Forwards", at + 1) == std::string::npos);
        return text.substr(at + 14, text.find("\r\n", at) - at - 14);
    };
    for (const auto* method : {"TRACE", "OPTIONS"}) {
        CHECK(counted(method, "1") == "0");
        CHECK(counted(method, "010") == "9");
        CHECK(counted(method, std::string(40, '9')) == "999999");
        CHECK(forwarded(limited(method, "")).find("Max-Forwards") == std::string::npos);
        for (const auto* bad : {"", "-1", "+1", "1x", "1, 2", "0x1"})
            CHECK(fault_of(limited(method, "Max-Forwards: "s + bad + "\r\n")) ==
                  Fault::bad_max_forwards);
        CHECK(fault_of(limited(method, "Max-Forwards: 1\r\nMax-Forwards: 1\r\n")) ==
              Fault::bad_max_forwards);
    }
    CHECK(counted("GET", "0") == "0");
    CHECK(counted("POST", "x") == "x");
}

TEST_CASE("a TRACE or OPTIONS that may go no further is answered here, behind the login")
{
    const auto last = "Max-Forwards: 0\r\n"s;
    const auto options = talk(limited("OPTIONS", last));
    CHECK(options.forwarded.empty());
    CHECK_FALSE(options.hangup);
    CHECK(options.page.find("HTTP/1.1 200 OK\r\nAllow: CONNECT, GET, ") == 0);
    CHECK(options.page.find("\r\nContent-Length: 0\r\n") != std::string::npos);
    CHECK(options.page.find("\r\nConnection: close\r\n") != std::string::npos);
    CHECK(fault_of(limited("TRACE", last)) == Fault::trace_ends_here);
    CHECK(talk(limited("OPTIONS", "Max-Forwards: 00\r\n")).forwarded.empty());

    for (const auto* method : {"OPTIONS", "TRACE"}) {
        const auto stranger = talk(limited(method, last), Login::required);
        CHECK(stranger.page.empty());
        CHECK(stranger.hangup->ending == Ending::login_needed);
    }
    CHECK_FALSE(talk(limited("OPTIONS", last + alice), Login::required).page.empty());
    CHECK(talk(limited("OPTIONS", last + alice), Login::required, refuse_all()).page.empty());
}

TEST_CASE("a request that this gateway has forwarded before is known by its pseudonym in Via")
{
    const auto head = parse(get("Via: 1.0 other, 1.1 adit-7 (x)\r\nVia: 1.1 third\r\n")).head;
    CHECK(has_passed(head, "adit-7"));
    CHECK_FALSE(has_passed(head, "adit-8"));
}

TEST_CASE("only what is idempotent and has no body may be sent a second time")
{
    CHECK(may_be_repeated(parse(get())));
    CHECK(may_be_repeated(parse("DELETE http://a/ HTTP/1.1\r\nHost: a\r\n\r\n")));
    CHECK_FALSE(may_be_repeated(parse("POST http://a/ HTTP/1.1\r\nHost: a\r\n\r\n")));
    CHECK_FALSE(may_be_repeated(parse("get http://a/ HTTP/1.1\r\nHost: a\r\n\r\n")));
    CHECK_FALSE(
        may_be_repeated(parse("PUT http://a/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n")));
}

TEST_CASE("an answer loses what belongs to the destination's hop and keeps the rest")
{
    CHECK(answered("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n"
                   "Connection: X-Hop, content-length\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n"
                   "Proxy-Authenticate: Basic\r\nUpgrade: h2c\r\n\r\n") ==
          "HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 5\r\n"
          "Via: 1.1 test\r\n\r\n");
}

TEST_CASE("an answer of unknown length is chunked for HTTP/1.1 and ends the connection for 1.0")
{
    const auto old = "GET http://example.com/ HTTP/1.0\r\n\r\n"s;
    CHECK(answered("HTTP/1.0 200 OK\r\n\r\n") ==
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nVia: 1.0 test\r\n\r\n");
    CHECK(answered("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", old) ==
          "HTTP/1.1 200 OK\r\nVia: 1.1 test\r\nConnection: close\r\n\r\n");
}

TEST_CASE("what an answer without a body says of its length is passed on, but not by a 204")
{
    const auto head = "HEAD http://example.com/ HTTP/1.1\r\nHost: a\r\n\r\n"s;
    CHECK(answered("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", head) ==
          "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nVia: 1.1 test\r\n\r\n");
    CHECK(answered("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n") ==
          "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nVia: 1.1 test\r\n\r\n");
    CHECK(answered("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n") ==
          "HTTP/1.1 204 No Content\r\nVia: 1.1 test\r\n\r\n");
}

TEST_CASE("a destination's connection stays only in HTTP/1.1, unless it says otherwise")
{
    const auto stays = [](const std::string& bytes) {
        const auto head = response(bytes);
        return keeps_connection(head, *framing_of(head, "GET"));
    };
    CHECK(stays("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"));
    CHECK_FALSE(stays("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: x, Close\r\n\r\n"));
    CHECK_FALSE(stays("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n"));
    CHECK_FALSE(stays("HTTP/1.1 200 OK\r\n\r\n"));
}

TEST_CASE("connections that log in as a whole are told apart from requests that do")
{
    CHECK(
        logs_in_connection(parse(get("Authorization: NTLM abc\r\n")).head.fields, "Authorization"));
    CHECK(logs_in_connection(
        response("HTTP/1.1 401 x\r\nWWW-Authenticate: Basic\r\nWWW-Authenticate: Negotiate\r\n\r\n")
            .fields,
        "WWW-Authenticate"));
    CHECK_FALSE(
        logs_in_connection(parse(get("Authorization: Basic ab\r\n")).head.fields, "Authorization"));
}

TEST_CASE("a forwarded request logs in as a tunnel does")
{
    CHECK(talk(get(), Login::required).hangup->ending == Ending::login_needed);
    CHECK(talk(get(alice), Login::required, refuse_all()).hangup->ending == Ending::login_failed);
    const auto right = talk(get(alice), Login::required);
    CHECK(right.logins == std::vector{"alice:secret"s});
    CHECK(right.forwarded.find("Proxy-Auth") == std::string::npos);
    CHECK_FALSE(right.forwarded.empty());
}

TEST_CASE("a refused request without a body may be followed by another, an ambiguous one may not")
{
    const auto keeps = [](const std::string& bytes, Login login = Login::none) {
        HttpHandshake handshake{login, all};
        (void)handshake.advance(as_bytes(bytes));
        const auto reply = handshake.conclude(answer(Ending::not_allowed));
        const bool closes = reply.find("\r\nConnection: close\r\n") != std::string::npos;
        CHECK(closes != handshake.keeps_connection());
        return handshake.keeps_connection();
    };
    CHECK(keeps(get()));
    CHECK(keeps(get(), Login::required));
    CHECK_FALSE(keeps(get("Connection: close\r\n")));
    CHECK_FALSE(keeps(get("Proxy-Connection: Close\r\n")));
    CHECK_FALSE(keeps("GET http://example.com/ HTTP/1.0\r\n\r\n"));
    CHECK_FALSE(keeps("POST http://a/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n"));
    CHECK_FALSE(keeps(get("Content-Length: 0, 0\r\n")));
    CHECK_FALSE(keeps(get("Proxy-Authorization: Basic !\r\n"), Login::required));
    CHECK_FALSE(keeps("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"));
}

TEST_CASE("a refused HEAD gets the fields of a refusal and no body")
{
    HttpHandshake handshake{Login::none, all};
    (void)handshake.advance(as_bytes("HEAD http://a/ HTTP/1.1\r\nHost: a\r\n\r\n"));
    const auto reply = handshake.conclude(answer(Ending::not_allowed));
    CHECK(reply.find("Content-Length: ") != std::string::npos);
    CHECK(reply.substr(reply.size() - 4) == "\r\n\r\n");
}

TEST_CASE("what a listener does not offer is not served")
{
    const auto offered = [](HttpOffer offer, const std::string& bytes) {
        return try_handshake(HttpHandshake{Login::none, offer}, bytes).hangup;
    };
    const auto connect = "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"s;
    const auto root = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"s;
    CHECK(offered({true, false, false}, get())->fault == Fault::unknown_method);
    CHECK(offered({false, true, false}, connect)->fault == Fault::protocol_not_open);
    CHECK(offered({true, true, false}, root)->fault == Fault::not_a_web_server);
    CHECK(offered({true, false, false}, root)->fault == Fault::unknown_method);
    for (const auto* line : {"connect a:1", "OPTIONS *", "FOO bar"}) {
        const auto bytes = line + " HTTP/1.1\r\nHost: a\r\n\r\n"s;
        CHECK(offered(all, bytes)->fault == Fault::bad_target_form);
        CHECK(offered({true, false, true}, bytes)->fault == Fault::unknown_method);
    }
    CHECK_FALSE(offered(all, root));
}

}  // namespace
}  // namespace adit::protocols
