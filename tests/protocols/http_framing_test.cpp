#include "protocols/http_framing.hpp"

#include <string>

#include "tests/protocols/ways.hpp"

namespace adit::protocols {
namespace {

using namespace std::string_literals;
using Kind = Framing::Kind;

HttpHead request(const std::string& fields, const std::string& version = "1.1")
{
    const auto text = "POST / HTTP/" + version + "\r\n" + fields + "\r\n";
    const auto step = HttpHeadReader{}.read(as_bytes(text));
    REQUIRE(step.index() == 1);
    return std::get<1>(step).value;
}

HttpResponseHead response(const std::string& status, const std::string& fields,
                          const std::string& version = "1.1")
{
    const auto text = "HTTP/" + version + " " + status + "\r\n" + fields + "\r\n";
    const auto step = HttpResponseReader{}.read(as_bytes(text));
    REQUIRE(step.index() == 1);
    return std::get<1>(step).value;
}

const std::vector<std::string> ambiguous{
    "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n",
    "Content-Length: 5\r\nContent-Length: 5\r\n",
    "Content-Length: 5\r\ncontent-length: 6\r\n",
    "Content-Length: 5, 5\r\n",
    "Content-Length:\r\n",
    "Content-Length: +5\r\n",
    "Content-Length: -5\r\n",
    "Content-Length: 0x5\r\n",
    "Content-Length: 5 5\r\n",
    "Content-Length: 05\r\n",
    "Content-Length: 5;\r\n",
    "Content-Length: 5.0\r\n",
    "Content-Length: five\r\n",
    "Content-Length: 18446744073709551621\r\n",
    "Content-Length: 9999999999999999999\r\n",
    "Transfer-Encoding: chunked, chunked\r\n",
    "Transfer-Encoding: gzip, chunked\r\n",
    "Transfer-Encoding: chunked, gzip\r\n",
    "Transfer-Encoding: chunked,\r\n",
    "Transfer-Encoding: ,chunked\r\n",
    "Transfer-Encoding: identity\r\n",
    "Transfer-Encoding: xchunked\r\n",
    "Transfer-Encoding: \"chunked\"\r\n",
    "Transfer-Encoding: chunked;q=1\r\n",
    "Transfer-Encoding:\r\n",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    "Transfer-Encoding: chunked\r\ntransfer-encoding: identity\r\n",
};

TEST_CASE("a request whose length can be read in two ways is refused")
{
    for (const auto& fields : ambiguous) {
        CAPTURE(fields);
        const auto framing = framing_of(request(fields));
        REQUIRE_FALSE(framing.has_value());
        CHECK(framing.error() == Fault::bad_framing);
    }
}

TEST_CASE("an answer whose length can be read in two ways is refused, whatever its status")
{
    for (const auto* status :
         {"200 OK", "304 Not Modified", "204 No Content", "500", "103 Early Hints"})
        for (const auto* method : {"GET", "HEAD", "POST"})
            for (const auto& fields : ambiguous) {
                CAPTURE(status);
                CAPTURE(fields);
                CHECK_FALSE(framing_of(response(status, fields), method).has_value());
            }
}

TEST_CASE("a request has a length, or chunks, or no body")
{
    CHECK(*framing_of(request("")) == Framing{});
    CHECK(*framing_of(request("Content-Length: 0\r\n")) == Framing{Kind::length, 0});
    CHECK(*framing_of(request("Content-Length:  \t 5 \r\n")) == Framing{Kind::length, 5});
    CHECK(*framing_of(request("Content-Length: 999999999999999999\r\n")) ==
          Framing{Kind::length, 999'999'999'999'999'999});
    CHECK(*framing_of(request("Transfer-Encoding: chunked\r\n")) == Framing{Kind::chunked});
    CHECK(*framing_of(request("transfer-encoding: Chunked\r\n")) == Framing{Kind::chunked});
    CHECK_FALSE(framing_of(request(""))->has_body());
    CHECK_FALSE(framing_of(request("Content-Length: 0\r\n"))->has_body());
}

TEST_CASE("Connection cannot take a framing field away")
{
    const auto framing = framing_of(
        request("Connection: content-length, transfer-encoding\r\nContent-Length: 5\r\n"));
    CHECK(*framing == Framing{Kind::length, 5});
}

TEST_CASE("a Connection that names more fields than any message has is refused")
{
    std::string named{"close"};
    for (int i = 1; i < 64; ++i)
        named += ",a";
    CHECK(framing_of(request("Connection: " + named + "\r\n")).has_value());
    CHECK(framing_of(request("Connection: " + named + ",\r\n")).error() == Fault::bad_field);
    CHECK(framing_of(request("Connection: " + named + "\r\nConnection: a\r\n")).error() ==
          Fault::bad_field);
    CHECK(framing_of(response("200 OK", "Connection: " + named + ",a\r\n"), "GET").error() ==
          Fault::bad_field);
}

TEST_CASE("HTTP/1.0 knows no chunks, in a request and in an answer")
{
    CHECK_FALSE(framing_of(request("Transfer-Encoding: chunked\r\n", "1.0")).has_value());
    CHECK_FALSE(
        framing_of(response("200 OK", "Transfer-Encoding: chunked\r\n", "1.0"), "GET").has_value());
    CHECK(*framing_of(request("Content-Length: 5\r\n", "1.0")) == Framing{Kind::length, 5});
}

TEST_CASE("an answer without a length lasts until its connection closes")
{
    CHECK(*framing_of(response("200 OK", ""), "GET") == Framing{Kind::until_close});
    CHECK(*framing_of(response("200 OK", "", "1.0"), "POST") == Framing{Kind::until_close});
    CHECK(*framing_of(response("200 OK", "Content-Length: 7\r\n"), "GET") ==
          Framing{Kind::length, 7});
}

TEST_CASE("an answer to HEAD, a 204 and a 304 have no body")
{
    for (const auto* fields : {"", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"}) {
        CHECK(*framing_of(response("200 OK", fields), "HEAD") == Framing{});
        CHECK(*framing_of(response("304 Not Modified", fields), "GET") == Framing{});
    }
    CHECK(*framing_of(response("204 No Content", ""), "GET") == Framing{});
    CHECK(*framing_of(response("204 No Content", "Content-Length: 0\r\n"), "GET") == Framing{});
    CHECK_FALSE(framing_of(response("204 No Content", "Content-Length: 5\r\n"), "GET").has_value());
    CHECK_FALSE(framing_of(response("204 No Content", "Transfer-Encoding: chunked\r\n"), "GET")
                    .has_value());
    CHECK(*framing_of(response("200 OK", "Content-Length: 5\r\n"), "head") ==
          Framing{Kind::length, 5});
}

TEST_CASE("an interim answer has no body, and one that announces any is refused")
{
    for (const auto* status : {"100 Continue", "101 Switching Protocols", "103 Early Hints"}) {
        CAPTURE(status);
        CHECK(*framing_of(response(status, ""), "GET") == Framing{});
        CHECK(*framing_of(response(status, "Content-Length: 0\r\n"), "GET") == Framing{});
        for (const auto* fields : {"Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"})
            for (const auto* method : {"GET", "HEAD"})
                CHECK_FALSE(framing_of(response(status, fields), method).has_value());
    }
}

}  // namespace
}  // namespace adit::protocols
