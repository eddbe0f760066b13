#include "protocols/http_opening.hpp"

#include <string>

#include "tests/protocols/ways.hpp"

namespace adit::protocols {
namespace {

using testing::try_parser;
using namespace std::string_literals;

std::string heard(const std::string& bytes)
{
    const auto step = try_parser(read_http_opening, bytes);
    if (const auto* malformed = std::get_if<Malformed>(&step))
        return std::string{words(malformed->fault)};
    if (const auto* done = std::get_if<Done<std::monostate>>(&step))
        return bytes.substr(0, done->consumed - 2);
    return "more";
}

std::string fault(Fault expected)
{
    return std::string{words(expected)};
}

TEST_CASE("plain HTTP begins with a request line, split at any byte or not")
{
    CHECK(heard("GET / HTTP/1.1\r\nHost: a\r\n\r\n") == "GET / HTTP/1.1");
    CHECK(heard("POST /a?b HTTP/1.0\r\n") == "POST /a?b HTTP/1.0");
    CHECK(heard("M-SEARCH * HTTP/1.1\r\n") == "M-SEARCH * HTTP/1.1");
    CHECK(heard("VERSION-CONTROL /x HTTP/1.1\r\n") == "VERSION-CONTROL /x HTTP/1.1");
    CHECK(heard("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == "PRI * HTTP/2.0");
    CHECK(heard("GET /" + std::string(4000, 'a') + " HTTP/1.1\r\n").size() == 4014);
}

TEST_CASE("what begins with no method is not HTTP, from its first wrong byte on")
{
    for (const auto& bytes : {"\x16\3\1"s, "SSH-2.0-OpenSSH_9.2p1 x\r\n"s, "get / HTTP/1.1\r\n"s,
                              " GET / HTTP/1.1\r\n"s, "\r\nGET / HTTP/1.1\r\n"s, "GET\r\n"s,
                              "GET\t/ HTTP/1.1\r\n"s, "\0"s, "GET\0"s, std::string(33, 'A')}) {
        CAPTURE(bytes);
        CHECK(heard(bytes) == fault(Fault::not_http));
    }
    CHECK(heard("") == "more");
    CHECK(heard("GET / HTT") == "more");
    CHECK(heard(std::string(32, 'A')) == "more");
}

TEST_CASE("CONNECT is no HTTP to be pinned, for what follows it may be anything")
{
    CHECK(heard("CONNECT a:443 HTTP/1.1\r\n") == fault(Fault::not_http));
    CHECK(heard("CONNECTED / HTTP/1.1\r\n") == "CONNECTED / HTTP/1.1");
}

TEST_CASE("a request line has a method, a target and a version of HTTP, and ends with CR LF")
{
    const auto bad = fault(Fault::bad_request_line);
    CHECK(heard("GET /\r\n") == bad);
    CHECK(heard("GET  HTTP/1.1\r\n") == bad);
    CHECK(heard("GET / HTTP/1.1\n") == bad);
    CHECK(heard("GET /\x1b HTTP/1.1\r\n") == bad);
    CHECK(heard("GET /\xff HTTP/1.1\r\n") == bad);
    CHECK(heard("GET \r\n") == bad);
    CHECK(heard("EHLO mail.example\r\n") == bad);
    const auto version = fault(Fault::bad_version);
    CHECK(heard("GET / HTTP/2.0\r\n") == version);
    CHECK(heard("GET / HTTP/1.2\r\n") == version);
    CHECK(heard("GET /  HTTP/1.1\r\n") == version);
    CHECK(heard("GET / HTTP/1.1 \r\n") == version);
    CHECK(heard("GET / x HTTP/1.1\r\n") == version);
}

TEST_CASE("a request line that goes on for 8 KiB is given up")
{
    CHECK(heard("GET /" + std::string(9000, 'a')) == fault(Fault::request_line_too_long));
}

}  // namespace
}  // namespace adit::protocols
