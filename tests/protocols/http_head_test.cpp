#include "protocols/http_head.hpp"

#include <string>

#include "tests/protocols/ways.hpp"

namespace adit::protocols {
namespace {

using testing::ExactBytes;
using testing::try_parser;
using namespace std::string_literals;

const auto opening = "CONNECT example.com:443 HTTP/1.1\r\n"s;

Step<HttpHead> read_whole(Bytes bytes)
{
    return HttpHeadReader{}.read(bytes);
}

// One reader for a buffer that grows by one byte at a time.
Step<HttpHead> read_dripped(const std::string& bytes)
{
    HttpHeadReader reader;
    Step<HttpHead> step;
    for (std::size_t size = 1; size <= bytes.size() && step.index() == 0; ++size)
        step = reader.read(as_bytes(std::string_view{bytes}.substr(0, size)));
    return step;
}

// The fault, Fault::none for a complete head. Whole, in parts, dripped, with bytes behind.
Fault fault_of(const std::string& bytes)
{
    const auto step = try_parser(read_whole, bytes);
    const auto dripped = read_dripped(bytes);
    CHECK(step.index() == dripped.index());
    if (const auto* done = std::get_if<Done<HttpHead>>(&step)) {
        CHECK(done->consumed == std::get<Done<HttpHead>>(dripped).consumed);
        return Fault::none;
    }
    REQUIRE(std::holds_alternative<Malformed>(step));
    const auto fault = std::get<Malformed>(step).fault;
    CHECK(std::get<Malformed>(dripped).fault == fault);
    return fault;
}

// The same for large heads, which are not worth a try at every byte.
Fault fault_of_large(const std::string& bytes)
{
    const auto dripped = read_dripped(bytes);
    const auto step = read_whole(ExactBytes{bytes});
    CHECK(step.index() == dripped.index());
    const auto* malformed = std::get_if<Malformed>(&step);
    CHECK(step.index() != 0);
    CHECK((malformed == nullptr || *malformed == std::get<Malformed>(dripped)));
    return malformed == nullptr ? Fault::none : malformed->fault;
}

HttpHead head_of(const std::string& bytes)
{
    auto step = read_whole(ExactBytes{bytes});
    REQUIRE(std::holds_alternative<Done<HttpHead>>(step));
    return std::get<Done<HttpHead>>(step).value;
}

std::string field_of(const HttpHead& head, std::string_view name)
{
    return std::string{head.fields[{name.data(), name.size()}]};
}

TEST_CASE("a head is its request line and its fields, as they were sent")
{
    const auto head =
        head_of(opening + "Host: example.com:443\r\nx-a:\t one two \t\r\nEmpty:\r\n\r\n");
    CHECK(head.method == "CONNECT");
    CHECK(head.target == "example.com:443");
    CHECK(head.version == 11);
    CHECK(field_of(head, "host") == "example.com:443");
    CHECK(field_of(head, "X-A") == "one two");
    CHECK(field_of(head, "empty").empty());
    CHECK(head.fields.count("empty") == 1);
    CHECK(head_of("GET / HTTP/1.0\r\n\r\n").version == 10);
    CHECK(head_of("connect / HTTP/1.0\r\n\r\n").method == "connect");
}

TEST_CASE("a head ends exactly behind its empty line")
{
    const auto bytes = opening + "Host: a\r\n\r\n";
    const auto step = try_parser(read_whole, bytes);
    CHECK(std::get<Done<HttpHead>>(step).consumed == bytes.size());
    CHECK(fault_of(bytes) == Fault::none);
}

TEST_CASE("one empty line before the request is skipped, a second one is not")
{
    CHECK(fault_of("\r\n" + opening + "\r\n") == Fault::none);
    CHECK(head_of("\r\n" + opening + "\r\n").method == "CONNECT");
    CHECK(fault_of("\r\n\r\n" + opening + "\r\n") == Fault::bad_request_line);
    CHECK(fault_of("\n" + opening + "\r\n") == Fault::bad_request_line);
    CHECK(fault_of("\r\r\n" + opening + "\r\n") == Fault::bad_request_line);
}

TEST_CASE("repeated fields are all kept")
{
    const auto head = head_of(opening + "A: 1\r\na: 2\r\n\r\n");
    CHECK(head.fields.count("a") == 2);
}

TEST_CASE("a first line that is no request line is refused as soon as its end is there")
{
    const std::string lines[] = {
        "garbage\r\n",
        "hello world\r\n",
        " CONNECT a:1 HTTP/1.1\r\n",
        "CONNECT  a:1 HTTP/1.1\r\n",
        "CONNECT a:1  HTTP/1.1\r\n",
        "CONNECT a:1 HTTP/1.1 \r\n",
        "CONNECT a:1 x HTTP/1.1\r\n",
        "CONNECT\ta:1\tHTTP/1.1\r\n",
        "CONNECT\ta:1 HTTP/1.1\r\n",
        "CONNECT HTTP/1.1\r\n",
        "CONNECT  HTTP/1.1\r\n",
        "CONNECT a:1\r\n",
        "GET /\r\n",
        "GET\r\n",
        "CONNECT a:1 http/1.1\r\n",
        "CONNECT a:1 HTTP/1\r\n",
        "CONNECT a:1 HTTP/1.\r\n",
        "CONNECT a:1 HTTP/1.1x\r\n",
        "CONNECT a:1 HTTP/01.1\r\n",
        "CONNECT a:1 HTTP/1.10\r\n",
        "CONNECT a:1 HTTP/+1.1\r\n",
        "CONNECT a:1 HTTPS/1.1\r\n",
        "CONNECT a:1 HTTP 1.1\r\n",
        "CON(NECT a:1 HTTP/1.1\r\n",
        "CON\0NECT a:1 HTTP/1.1\r\n"s,
        "CONNECT a:1\0 HTTP/1.1\r\n"s,
        "CONNECT a:1\x7f HTTP/1.1\r\n",
        "CONNECT b\xc3\xbc:1 HTTP/1.1\r\n",
        "CONNECT a:1\r HTTP/1.1\r\n",
        "CONNECT a:1 HTTP/1.1\r\r\n",
        "CONNECT a:1 HTTP/1.1\n",
        "CONNECT a:1 HTTP/1.1\nHost: a\r\n",
        "\x16\x03\x01\n"s,
    };
    for (const auto& line : lines) {
        CAPTURE(line);
        CHECK(fault_of(line) == Fault::bad_request_line);
    }
}

TEST_CASE("HTTP in another version than 1.0 and 1.1 is told so, the HTTP/2 preface too")
{
    for (const auto* line :
         {"CONNECT a:1 HTTP/1.2\r\n", "CONNECT a:1 HTTP/2.0\r\n", "CONNECT a:1 HTTP/0.9\r\n",
          "GET / HTTP/3.0\r\n", "PRI * HTTP/2.0\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"}) {
        CAPTURE(line);
        CHECK(fault_of(line) == Fault::bad_version);
    }
}

TEST_CASE("a field line with more than one reading is refused")
{
    const std::string lines[] = {
        "Host : a\r\n",
        "Host\t: a\r\n",
        " Host: a\r\n",
        "\tHost: a\r\n",
        "Host: a\r\n folded\r\n",
        "Host: a\r\n\tfolded\r\n",
        "Host: a\r\n \r\n",
        "Host\r\n",
        ": a\r\n",
        ":\r\n",
        "Ho st: a\r\n",
        "Ho\0st: a\r\n"s,
        "H\xc3\xb6st: a\r\n",
        "Ho(st): a\r\n",
        "\"Host\": a\r\n",
        "Host: a\0b\r\n"s,
        "Host: a\rb\r\n",
        "Host: a\r\r\n",
        "Host: a\x01\r\n",
        "Host: a\x1f\r\n",
        "Host: a\x7f\r\n",
        "Host: a\x0b"
        "b\r\n",
        "Host: a\n",
        "Host: a\nX: b\r\n",
        "\n",
        "X\r: a\r\n",
        "\r\r\n",
        "\0\r\n"s,
    };
    for (const auto& line : lines) {
        CAPTURE(line);
        CHECK(fault_of(opening + line) == Fault::bad_field);
        CHECK(fault_of(opening + "A: b\r\n" + line) == Fault::bad_field);
    }
}

TEST_CASE("bytes of other charsets may stand in a field's value")
{
    CHECK(field_of(head_of(opening + "A: b\xc3\xbc\r\n\r\n"), "a") == "b\xc3\xbc");
    CHECK(fault_of(opening + "A: \t\r\n\r\n") == Fault::none);
    CHECK(fault_of(opening + "A: b:c : d\r\n\r\n") == Fault::none);
}

TEST_CASE("a request line may have 8 KiB and not a byte more")
{
    const auto line = [](std::size_t size) {
        const auto frame = "CONNECT  HTTP/1.1"s;
        return "CONNECT " + std::string(size - frame.size(), 'a') + " HTTP/1.1\r\n";
    };
    CHECK(fault_of_large(line(max_request_line) + "\r\n") == Fault::none);
    CHECK(fault_of_large(line(max_request_line + 1) + "\r\n") == Fault::request_line_too_long);
    CHECK(fault_of_large(std::string(max_request_line + 3, 'a')) == Fault::request_line_too_long);
    CHECK(fault_of_large(std::string(3 * max_head, 'a')) == Fault::request_line_too_long);
}

TEST_CASE("a head may have 32 KiB and not a byte more, in one field or in many")
{
    const auto head = [](std::size_t size) {
        const auto frame = opening.size() + "A: \r\n\r\n"s.size();
        return opening + "A: " + std::string(size - frame, 'a') + "\r\n\r\n";
    };
    CHECK(fault_of_large(head(max_head)) == Fault::none);
    CHECK(fault_of_large(head(max_head + 1)) == Fault::head_too_large);
    CHECK(fault_of_large(opening + std::string(max_head, 'a')) == Fault::head_too_large);
    CHECK(fault_of_large("\r\n" + head(max_head)) == Fault::none);
    CHECK(fault_of_large("\r\n" + head(max_head + 1)) == Fault::head_too_large);
}

TEST_CASE("a head may have 100 fields and not one more")
{
    std::string fields;
    for (std::size_t i = 0; i < max_fields; ++i)
        fields += "A: b\r\n";
    CHECK(fault_of_large(opening + fields + "\r\n") == Fault::none);
    CHECK(fault_of_large(opening + fields + "A: b\r\n\r\n") == Fault::head_too_large);
}

}  // namespace
}  // namespace adit::protocols
