#include "protocols/client/socks4_client.hpp"

#include "protocols/socks4.hpp"
#include "tests/protocols/client/talks.hpp"

namespace adit::protocols::client {
namespace {

using testing::target;
using testing::try_asking;
using testing::try_parser;
using namespace std::string_literals;

std::string code(const std::string& bytes)
{
    const auto step = try_parser(parse_socks4_reply, bytes);
    if (const auto* malformed = std::get_if<Malformed>(&step))
        return std::string{words(malformed->fault)};
    const auto* done = std::get_if<Done<std::uint8_t>>(&step);
    return done == nullptr ? "more" : std::to_string(done->value);
}

std::string request(const char* authority, std::string_view user = "")
{
    return socks4_request(target(authority), user).value_or("none");
}

std::string ending(const std::string& answer)
{
    return try_asking([] { return Socks4Client{request("10.0.0.1:22")}; }, answer).ending;
}

TEST_CASE("a SOCKS4 request carries an IPv4 address and a user id, SOCKS4a all other hosts")
{
    CHECK(request("10.0.0.1:443") == "\4\1\x01\xbb\x0a\0\0\1\0"s);
    CHECK(request("10.0.0.1:443", "alice") == "\4\1\x01\xbb\x0a\0\0\1alice\0"s);
    CHECK(request("example.com:22") == "\4\1\0\x16\0\0\0\1\0example.com\0"s);
    CHECK(request("[2001:db8::1]:22") ==
          "\4\1\0\x16\0\0\0\1\0"
          "2001:db8::1\0"s);
    CHECK(request("0.0.0.9:22") ==
          "\4\1\0\x16\0\0\0\1\0"
          "0.0.0.9\0"s);
    CHECK(request("10.0.0.1:443", "a\0b"s) == "none");
    CHECK(request("10.0.0.1:443", std::string(256, 'u')) == "none");
    CHECK(request("10.0.0.1:443", std::string(255, 'u')) != "none");
}

TEST_CASE("what a SOCKS4 client asks for is what the gateway reads")
{
    for (const char* authority :
         {"10.0.0.1:443", "example.com:22", "[2001:db8::1]:1", "0.0.0.9:22"}) {
        const auto step = parse_socks4_request(as_bytes(request(authority, "alice")));
        REQUIRE(std::holds_alternative<Done<Target>>(step));
        CHECK(std::get<Done<Target>>(step).value == target(authority));
    }
}

TEST_CASE("plain SOCKS4 fits IPv4 addresses only")
{
    CHECK(fits_socks4(target("10.0.0.1:1").host));
    CHECK_FALSE(fits_socks4(target("0.0.0.1:1").host));
    CHECK_FALSE(fits_socks4(target("[::1]:1").host));
    CHECK_FALSE(fits_socks4(target("example.com:1").host));
}

TEST_CASE("a SOCKS4 reply is eight bytes, the first of them 0")
{
    CHECK(code("\0\x5a\1\2\3\4\5\6"s) == "90");
    CHECK(code("\0\x5b\0\0\0\0\0\0"s) == "91");
    CHECK(code("\0\x5a\0\0\0\0\0"s) == "more");
    CHECK(code("\4\x5a\0\0\0\0\0\0"s) == words(Fault::bad_version_byte));
    CHECK(code("HTTP/1.1 400 Bad Request\r\n\r\n") == words(Fault::bad_version_byte));
}

TEST_CASE("a SOCKS4 tunnel opens at the end of a grant, and each refusal has its words")
{
    CHECK(ending("\0\x5a\0\0\0\0\0\0"s) == "open");
    CHECK(ending("\0\x5b\0\0\0\0\0\0"s) == "refused: the request is rejected or failed");
    CHECK(ending("\0\x5c\0\0\0\0\0\0"s).find("identd") != std::string::npos);
    CHECK(ending("\0\x5d\0\0\0\0\0\0"s).find("identd") != std::string::npos);
    CHECK(ending("\0\x01\0\0\0\0\0\0"s) == "refused: SOCKS4 code 1");
    CHECK(ending("\5\x5a\0\0\0\0\0\0"s) == words(Fault::bad_version_byte));
}

}  // namespace
}  // namespace adit::protocols::client
