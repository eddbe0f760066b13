#include "protocols/http_body.hpp"

#include <optional>
#include <string>
#include <vector>

#include "tests/protocols/ways.hpp"

namespace adit::protocols {
namespace {

using namespace std::string_literals;
using Kind = Framing::Kind;

struct Read {
    std::string body;
    std::string trailers;
    std::string left;  // of the input, behind the body
    bool done = false;
    bool fault = false;
    bool operator==(const Read&) const = default;
};

Read read_pieces(const Framing& framing, const std::string& input, std::size_t size,
                 const std::vector<std::string>& hop = {})
{
    BodyReader reader{framing, hop};
    Read read;
    std::string arrived;
    for (std::size_t at = 0; at < input.size() && !read.fault; at += size) {
        arrived += input.substr(at, size);
        while (!reader.done()) {
            const testing::ExactBytes bytes{arrived};
            const auto piece = reader.read(bytes);
            if (!piece) {
                read.fault = true;
                break;
            }
            read.body += as_text(piece->data);
            arrived.erase(0, piece->consumed);
            if (piece->consumed == 0)
                break;
        }
    }
    for (const auto& field : reader.trailers())
        read.trailers += std::string{field.name_string()} + "=" + std::string{field.value()} + ";";
    read.done = reader.done();
    if (!read.fault)
        read.left = arrived;
    return read;
}

// However it arrives, a body is the same.
Read read(const Framing& framing, const std::string& input)
{
    const auto whole = read_pieces(framing, input, input.size() + 1);
    for (std::size_t size = 1; size < std::min<std::size_t>(input.size(), 40); ++size) {
        CAPTURE(size);
        CHECK(read_pieces(framing, input, size) == whole);
    }
    return whole;
}

Read chunks(const std::string& input)
{
    return read({Kind::chunked}, input);
}

TEST_CASE("a body with a length ends there, and what follows is not looked at")
{
    const auto whole = read({Kind::length, 5}, "helloGET / HTTP/1.1");
    CHECK(whole.body == "hello");
    CHECK(whole.done);
    CHECK(whole.left == "GET / HTTP/1.1");
    CHECK_FALSE(read({Kind::length, 5}, "hell").done);
    CHECK(BodyReader{{Kind::length, 0}}.done());
    CHECK(BodyReader{Framing{}}.done());
}

TEST_CASE("a body that lasts until the connection closes takes everything and is never done")
{
    const auto whole = read({Kind::until_close}, "0\r\n\r\nanything");
    CHECK(whole.body == "0\r\n\r\nanything");
    CHECK_FALSE(whole.done);
}

TEST_CASE("chunks become their body")
{
    const auto whole = chunks("5\r\nhello\r\nA\r\n, world..!\r\n0\r\n\r\nGET");
    CHECK(whole.body == "hello, world..!");
    CHECK(whole.done);
    CHECK(whole.left == "GET");
    CHECK(chunks("0\r\n\r\n").done);
    CHECK(chunks("00000005\r\nhello\r\n000\r\n\r\n").body == "hello");
    CHECK_FALSE(chunks("5\r\nhello\r\n0\r\n").done);
    CHECK_FALSE(chunks("5\r\nhello\r\n").done);
}

TEST_CASE("chunk extensions are dropped")
{
    const auto whole = chunks("5;name=value;x=\"y\"\r\nhello\r\n0;last\r\n\r\n");
    CHECK(whole.body == "hello");
    CHECK(whole.done);
    CHECK(chunks("1;" + std::string(2000, 'x') + "\r\na\r\n0\r\n\r\n").fault);
}

TEST_CASE("a chunk size that could be read in another way is refused")
{
    for (const auto* input :
         {"0x5\r\nhello\r\n0\r\n\r\n", "+5\r\nhello\r\n", "-5\r\nhello\r\n", " 5\r\nhello\r\n",
          "5 \r\nhello\r\n", "5 ;x\r\nhello\r\n", "\r\nhello\r\n", ";x\r\nhello\r\n",
          "5h\r\nhello\r\n", "5,5\r\nhello\r\n", "5\nhello\n0\n\n", "5\rhello\r\n",
          "5\r\r\nhello\r\n", "g\r\n", "10000000000000005\r\nhello\r\n",
          "ffffffffffffffff\r\nhello\r\n", "5_0\r\n", "5;a\rb\r\nhello\r\n",
          "5;a\nb\r\nhello\r\n"}) {
        CAPTURE(input);
        CHECK(chunks(input).fault);
    }
    CHECK(chunks("5;a\0b\r\nhello\r\n"s).fault);
    CHECK(chunks("5\0\r\nhello\r\n"s).fault);
}

TEST_CASE("a chunk's data end where its size says, and nowhere else")
{
    for (const auto* input : {"5\r\nhello!\r\n0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "5\r\nhelloX\n",
                              "5\r\nhello\rX", "6\r\nhello\r\n0\r\n\r\n", "4\r\nhello\r\n"}) {
        CAPTURE(input);
        CHECK(chunks(input).fault);
    }
}

TEST_CASE("trailers that frame, route, log in or change the body are dropped, the others stay")
{
    const auto whole = chunks(
        "1\r\na\r\n0\r\nX-Checksum: 1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n"
        "host: x\r\nAuthorization: y\r\nSet-Cookie: z\r\nConnection: close\r\nTrailer: a\r\n"
        "Proxy-Anything: b\r\nContent-Type: c\r\nServer-Timing: d\r\n\r\n");
    CHECK(whole.done);
    CHECK(whole.trailers == "X-Checksum=1;Server-Timing=d;");
}

TEST_CASE("trailers that the message's Connection names end at this hop")
{
    const auto input = "0\r\nX-Checksum: 1\r\nX-Hop: 2\r\nx-hop: 3\r\nX-Hops: 4\r\n\r\n"s;
    for (const auto size : {input.size(), std::size_t{1}}) {
        const auto whole = read_pieces({Kind::chunked}, input, size, {"x-hop", "keep-alive"});
        CHECK(whole.done);
        CHECK(whole.trailers == "X-Checksum=1;X-Hops=4;");
    }
}

TEST_CASE("trailers are as strict as a head, and as bounded")
{
    for (const auto* input :
         {"0\r\nA : b\r\n\r\n", "0\r\n b\r\n\r\n", "0\r\nA: b\n\r\n", "0\r\nnonsense\r\n\r\n",
          "0\r\n: b\r\n\r\n", "0\r\nA: b\rc\r\n\r\n", "0\r\nA: b\r\n c\r\n\r\n", "0\r\n\n"}) {
        CAPTURE(input);
        CHECK(chunks(input).fault);
    }
    std::string many{"0\r\n"};
    for (int i = 0; i <= 100; ++i)
        many += "A: b\r\n";
    CHECK(read_pieces({Kind::chunked}, many + "\r\n", many.size()).fault);
    const auto large = "0\r\nA: " + std::string(max_trailers, 'b') + "\r\n\r\n";
    CHECK(read_pieces({Kind::chunked}, large, large.size()).fault);
    std::string sum{"0\r\n"};
    for (int i = 0; i < 10; ++i)
        sum += "A: " + std::string(1000, 'b') + "\r\n";
    CHECK(read_pieces({Kind::chunked}, sum + "\r\n", 100).fault);
}

TEST_CASE("what is written in chunks reads as it was")
{
    const BodyWriter writer{Kind::chunked};
    std::string out;
    HttpFields trailers;
    trailers.insert("X-Checksum", "1");
    writer.write(out, as_bytes("hello"));
    writer.write(out, as_bytes(""));
    writer.write(out, as_bytes(std::string(1000, 'x')));
    writer.finish(out, trailers);
    CHECK(out.substr(0, 10) == "5\r\nhello\r\n");
    const auto whole = read_pieces({Kind::chunked}, out, 7);
    CHECK(whole.done);
    CHECK(whole.body == "hello" + std::string(1000, 'x'));
    CHECK(whole.trailers == "X-Checksum=1;");
}

TEST_CASE("a body with a length, or until the connection closes, is written as it is")
{
    for (const auto kind : {Kind::length, Kind::until_close}) {
        std::string out;
        BodyWriter{kind}.write(out, as_bytes("5\r\nhello"));
        BodyWriter{kind}.finish(out, {});
        CHECK(out == "5\r\nhello");
    }
}

}  // namespace
}  // namespace adit::protocols
