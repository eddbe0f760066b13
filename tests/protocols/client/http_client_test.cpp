#include "protocols/client/http_client.hpp"

#include "protocols/http_connect.hpp"
#include "protocols/http_refusal.hpp"
#include "tests/protocols/client/talks.hpp"

namespace adit::protocols::client {
namespace {

using testing::answer;
using testing::Asked;
using testing::target;
using testing::try_asking;
using testing::try_parser;
using namespace std::string_literals;

std::string fault_of(const std::string& bytes)
{
    const auto step = try_parser(parse_http_answer, bytes);
    if (const auto* malformed = std::get_if<Malformed>(&step))
        return std::string{words(malformed->fault)};
    return std::holds_alternative<NeedMore>(step) ? "more" : "";
}

HttpAnswer read(const std::string& bytes)
{
    const auto step = try_parser(parse_http_answer, bytes);
    REQUIRE(std::holds_alternative<Done<HttpAnswer>>(step));
    return std::get<Done<HttpAnswer>>(step).value;
}

Asked nobody(const std::string& bytes)
{
    return try_asking([] { return HttpClient{target("example.com:22"), std::nullopt}; }, bytes);
}

Asked alice(const std::string& bytes)
{
    return try_asking(
        [] {
            return HttpClient{target("example.com:22"), Credentials{"alice", Secret{"secret"}}};
        },
        bytes);
}

TEST_CASE("a CONNECT request names the destination twice, and the login once")
{
    CHECK(http_connect_request(target("[2001:db8::1]:22"), nullptr) ==
          "CONNECT [2001:db8::1]:22 HTTP/1.1\r\nHost: [2001:db8::1]:22\r\n\r\n");
    const Credentials login{"alice", Secret{"secret"}};
    CHECK(http_connect_request(target("example.com:22"), &login) ==
          "CONNECT example.com:22 HTTP/1.1\r\nHost: example.com:22\r\n"
          "Proxy-Authorization: Basic YWxpY2U6c2VjcmV0\r\n\r\n");
}

TEST_CASE("whatever login a CONNECT request carries, the gateway reads the same")
{
    for (const std::size_t size : {0U, 1U, 2U, 3U, 4U, 50U}) {
        const Credentials login{"u" + std::string(size, '~'), Secret{std::string(size, '\xff')}};
        HttpHandshake gateway{Login::required};
        const auto wants =
            gateway.advance(as_bytes(http_connect_request(target("example.com:22"), &login)));
        const auto* verify = std::get_if<Verify>(&wants.what);
        REQUIRE(verify != nullptr);
        CHECK(verify->credentials.user == login.user);
        CHECK(verify->credentials.password.reveal() == login.password.reveal());
    }
}

TEST_CASE("a status line and its fields are read strictly")
{
    CHECK(fault_of("HTTP/1.1 200 Connection established\r\n\r\n").empty());
    CHECK(fault_of("HTTP/1.0 200 \r\n\r\n").empty());
    CHECK(fault_of("HTTP/1.1 200\r\n\r\n").empty());
    CHECK(fault_of("HTTP/1.1 200 OK\r\n") == "more");
    CHECK(fault_of("HTTP/1.1 2000 OK\r\n\r\n") == words(Fault::bad_status_line));
    CHECK(fault_of("HTTP/1.1 099 OK\r\n\r\n") == words(Fault::bad_status_line));
    CHECK(fault_of("HTTP/1.1  200 OK\r\n\r\n") == words(Fault::bad_status_line));
    CHECK(fault_of("HTTP/1.1 20\r\n\r\n") == words(Fault::bad_status_line));
    CHECK(fault_of("HTTP/1.1 200 OK\n\r\n") == words(Fault::bad_status_line));
    CHECK(fault_of("HTTP/1.1 200 O\x01K\r\n\r\n") == words(Fault::bad_status_line));
    CHECK(fault_of("HTTP/2.0 200 OK\r\n\r\n") == words(Fault::bad_version));
    CHECK(fault_of("SSH-2.0-OpenSSH") == words(Fault::bad_status_line));
    CHECK(fault_of("\5\xff") == words(Fault::bad_status_line));
    CHECK(fault_of("HTTP/1.1 200 OK\r\nA: b\n\r\n") == words(Fault::bad_field));
    CHECK(fault_of("HTTP/1.1 200 OK\r\nA : b\r\n\r\n") == words(Fault::bad_field));
    CHECK(fault_of("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n") == words(Fault::bad_field));
    CHECK(fault_of("HTTP/1.1 200 OK\r\n: b\r\n\r\n") == words(Fault::bad_field));
    CHECK(fault_of("HTTP/1.1 200 OK\r\nA: \x7f\r\n\r\n") == words(Fault::bad_field));
}

TEST_CASE("an answer's head ends within 32 KiB and 100 fields")
{
    const auto fault = [](const std::string& bytes) {
        const auto step = parse_http_answer(as_bytes(bytes));
        const auto* malformed = std::get_if<Malformed>(&step);
        return malformed == nullptr ? Fault::none : malformed->fault;
    };
    const auto fields = [](int count) {
        std::string head = "HTTP/1.1 200 OK\r\n";
        for (int i = 0; i < count; ++i)
            head += "a: b\r\n";
        return head + "\r\n";
    };
    CHECK(fault(fields(100)) == Fault::none);
    CHECK(fault(fields(101)) == Fault::answer_too_large);
    CHECK(fault("HTTP/1.1 200 " + std::string(32 * 1024, 'x')) == Fault::answer_too_large);
}

TEST_CASE("of an answer the parts are kept that a client needs")
{
    const auto told = read(
        "HTTP/1.1 403 Forbidden\r\nproxy-status: a\r\nContent-Type: Text/Plain; charset=utf-8\r\n"
        "Content-Length: 12\r\nProxy-Status: b; error=dns_error\r\n\r\n");
    CHECK(told.status == 403);
    CHECK(told.reason == "Forbidden");
    CHECK(told.proxy_status == "a, b; error=dns_error");
    CHECK(told.is_plain_text);
    CHECK(told.length == 12);
}

TEST_CASE("a length that can be read in two ways is none")
{
    const auto length = [](const std::string& fields) {
        return read("HTTP/1.1 403 No\r\n" + fields + "\r\n").length;
    };
    CHECK(length("Content-Length: 5\r\n") == 5);
    CHECK(length("Content-Length: 5\r\nContent-Length: 5\r\n") == 0);
    CHECK(length("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") == 0);
    CHECK(length("Content-Length: +5\r\n") == 0);
    CHECK(length("Content-Length: 0x5\r\n") == 0);
    CHECK(length("Content-Length: 5, 5\r\n") == 0);
    CHECK(length("Content-Length: 99999999\r\n") == 0);
}

TEST_CASE("any 2xx opens the tunnel at the end of its head, whatever length it tells")
{
    CHECK(nobody("HTTP/1.1 200 Connection established\r\n\r\n").ending == "open");
    CHECK(nobody("HTTP/1.0 204\r\nContent-Length: 500\r\n\r\n").ending == "open");
    CHECK(nobody("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").ending == "open");
}

TEST_CASE("interim answers are passed over, but not for ever")
{
    const auto interim = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"s;
    CHECK(nobody(interim + interim + "HTTP/1.1 200 OK\r\n\r\n").ending == "open");
    std::string many;
    for (int i = 0; i < 9; ++i)
        many += "HTTP/1.1 100 Continue\r\n\r\n";
    CHECK(nobody(many).ending == words(Fault::bad_status_line));
    CHECK(nobody("HTTP/1.1 101 Switching Protocols\r\n\r\n").ending ==
          words(Fault::bad_status_line));
}

TEST_CASE("a refusal of the gateway tells its reason, rule and request id")
{
    auto told = answer(Ending::not_allowed);
    told.request_id = "ctaf2zhs11xy1";
    told.rule = "nothing else";
    const auto asked = nobody(http_refusal(told));
    CHECK(asked.ending == "refused: 403 Forbidden");
    CHECK(asked.refused.error == "http_request_denied");
    CHECK(asked.refused.rule == "nothing else");
    CHECK(asked.refused.request_id == "ctaf2zhs11xy1");
    CHECK(asked.refused.text.find("Refused: the policy of this gateway does not allow") == 0);
    CHECK(asked.refused.why == Refused::Why::other);
}

TEST_CASE("407 asks for a login, or says that the one given is wrong")
{
    const auto refusal = http_refusal(answer(Ending::login_needed));
    CHECK(nobody(refusal).refused.why == Refused::Why::login_needed);
    CHECK(alice(refusal).refused.why == Refused::Why::login_failed);
}

TEST_CASE("a body that is no plain text, or is not measured, is not waited for")
{
    CHECK(nobody("HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 9\r\n\r\n")
              .ending == "refused: 502 Bad Gateway");
    CHECK(nobody("HTTP/1.1 502\r\nContent-Type: text/plain\r\n\r\n").ending == "refused: 502");
    CHECK(nobody("HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n").ending == "refused: 302 Found");
}

TEST_CASE("a refusal whose text breaks off, or goes on and on, is still a refusal")
{
    const auto head =
        "HTTP/1.1 403 No\r\nContent-Type: text/plain\r\nContent-Length: 9000\r\n\r\n"s;
    HttpClient conversation{target("example.com:22"), std::nullopt};
    (void)conversation.open();
    CHECK_FALSE(conversation.cut_short());
    CHECK(conversation.advance(as_bytes(head)).consumed == head.size());
    (void)conversation.advance(as_bytes("some words"));
    const auto refused = conversation.cut_short();
    REQUIRE(refused);
    CHECK(refused->text == "some words");

    HttpClient patient{target("example.com:22"), std::nullopt};
    (void)patient.open();
    (void)patient.advance(as_bytes(head));
    const auto turn = patient.advance(as_bytes(std::string(9000, 'x')));
    REQUIRE(std::holds_alternative<Refused>(turn.what));
    CHECK(std::get<Refused>(turn.what).text.size() == max_text);
}

}  // namespace
}  // namespace adit::protocols::client
