#include "protocols/proxy_protocol.hpp"

#include <string>

#include "tests/protocols/ways.hpp"

namespace adit::protocols {
namespace {

using testing::byte;
using testing::try_parser;
using namespace std::string_literals;

const auto signature = "\r\n\r\n\0\r\nQUIT\n"s;

// The client that a header tells, "nobody" for none, "more", or what is wrong.
std::string told(const std::string& bytes)
{
    const auto step = try_parser(parse_proxy_header, bytes);
    if (const auto* malformed = std::get_if<Malformed>(&step))
        return malformed->fault == Fault::no_proxy_header ? "no header" : "malformed";
    if (const auto* done = std::get_if<Done<ProxyHeader>>(&step))
        return done->value.client ? to_text(*done->value.client) : "nobody";
    return "more";
}

std::string line(const std::string& words)
{
    return "PROXY " + words + "\r\n";
}

std::string binary(unsigned command, unsigned family, const std::string& block)
{
    return signature + byte(command) + byte(family) +
           byte(static_cast<unsigned>(block.size() >> 8U)) +
           byte(static_cast<unsigned>(block.size() & 0xFFU)) + block;
}

const auto ports = "\x12\x67\x04\x38"s;  // 4711, 1080
const auto ipv4 = "\xC0\0\2\x09\xCB\0\x71\1"s + ports;
const auto ipv6 = "\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x09" + "\x20\x01\x0d\xb8"s +
                  std::string(11, '\0') + "\x01" + ports;

TEST_CASE("a PROXY line of version 1 tells the client's address and port")
{
    CHECK(told(line("TCP4 192.0.2.9 203.0.113.1 4711 1080")) == "192.0.2.9:4711");
    CHECK(told(line("TCP6 2001:db8::9 2001:db8::1 4711 1080")) == "[2001:db8::9]:4711");
    CHECK(told(line("TCP6 ::ffff:192.0.2.9 ::ffff:203.0.113.1 4711 1080")) == "192.0.2.9:4711");
    CHECK(told(line("TCP4 255.255.255.255 255.255.255.255 65535 65535")) ==
          "255.255.255.255:65535");
    CHECK(told(line("TCP4 192.0.2.9 203.0.113.1 0 0")) == "192.0.2.9:0");
}

TEST_CASE("a PROXY line that knows nobody is a health check, whatever else it says")
{
    CHECK(told(line("UNKNOWN")) == "nobody");
    CHECK(told(line("UNKNOWN ffff::1 ffff::2 65535 65535")) == "nobody");
    CHECK(told(line("UNKNOWN anything at all")) == "nobody");
}

TEST_CASE("a PROXY line is strict: single spaces, plain numbers, its own family, CR LF")
{
    for (const auto* words : {"TCP4 192.0.2.9 203.0.113.1 4711",
                              "TCP4 192.0.2.9 203.0.113.1 4711 1080 1",
                              "TCP4  192.0.2.9 203.0.113.1 4711 1080",
                              "TCP4 192.0.2.9 203.0.113.1 4711 1080 ",
                              "TCP4 192.0.2.9 203.0.113.1 04711 1080",
                              "TCP4 192.0.2.9 203.0.113.1 65536 1080",
                              "TCP4 192.0.2.9 203.0.113.1 4711 -1",
                              "TCP4 192.0.2.9 203.0.113.1 +1 1080",
                              "TCP4 192.0.2.09 203.0.113.1 4711 1080",
                              "TCP4 2001:db8::9 2001:db8::1 4711 1080",
                              "TCP6 192.0.2.9 203.0.113.1 4711 1080",
                              "TCP6 [2001:db8::9] [2001:db8::1] 1 2",
                              "TCP6 fe80::1%eth0 fe80::2 1 2",
                              "TCP5 192.0.2.9 203.0.113.1 4711 1080",
                              "tcp4 192.0.2.9 203.0.113.1 4711 1080",
                              "UDP4 192.0.2.9 203.0.113.1 4711 1080",
                              "UNKNOWNX",
                              "unknown",
                              "",
                              "TCP4",
                              "TCP4 192.0.2.9 a.example 4711 1080"}) {
        CAPTURE(words);
        CHECK(told(line(words)) == "malformed");
    }
    CHECK(told("PROXY TCP4 192.0.2.9 203.0.113.1 4711 1080\n") == "malformed");
    CHECK(told("PROXY TCP4 192.0.2.9\r 203.0.113.1 4711 1080\r\n") == "malformed");
    CHECK(told("PROXY UNKNOWN\r\r\n") == "malformed");
}

TEST_CASE("a PROXY line ends within 107 bytes")
{
    const auto fits = line("UNKNOWN " + std::string(longest_proxy_line - 16, 'x'));
    REQUIRE(fits.size() == longest_proxy_line);
    CHECK(told(fits) == "nobody");
    CHECK(told(line("UNKNOWN " + std::string(longest_proxy_line - 15, 'x'))) == "malformed");
    CHECK(told("PROXY UNKNOWN " + std::string(longest_proxy_line - 15, 'x')) == "more");
}

TEST_CASE("a PROXY header of version 2 tells the client's address and port")
{
    CHECK(told(binary(0x21, 0x11, ipv4)) == "192.0.2.9:4711");
    CHECK(told(binary(0x21, 0x21, ipv6)) == "[2001:db8::9]:4711");
    const auto mapped = std::string(10, '\0') + "\xFF\xFF\xC0\0\2\x09"s;
    CHECK(told(binary(0x21, 0x21, mapped + mapped + ports)) == "192.0.2.9:4711");
}

TEST_CASE("what version 2 appends to the addresses is skipped, whatever it holds")
{
    CHECK(told(binary(0x21, 0x11, ipv4 + "\4\0\3\0\0\0"s)) == "192.0.2.9:4711");
    CHECK(told(binary(0x21, 0x11, ipv4 + "\2\xFF\xFFhost"s)) == "192.0.2.9:4711");
    CHECK(told(binary(0x21, 0x11, ipv4 + std::string(300, '\x05'))) == "192.0.2.9:4711");
}

TEST_CASE("the longest PROXY header has 65551 bytes, and ends there")
{
    const auto longest = binary(0x21, 0x11, ipv4 + std::string(65535 - ipv4.size(), 'x'));
    REQUIRE(longest.size() == longest_proxy_header);
    CHECK(parse_proxy_header(as_bytes(longest.substr(0, longest.size() - 1))).index() == 0);
    const auto step = parse_proxy_header(as_bytes(longest + "CONNECT"));
    REQUIRE(std::holds_alternative<Done<ProxyHeader>>(step));
    CHECK(std::get<Done<ProxyHeader>>(step).consumed == longest_proxy_header);
}

TEST_CASE("LOCAL and an unspecified family are health checks")
{
    CHECK(told(binary(0x20, 0x00, "")) == "nobody");
    CHECK(told(binary(0x20, 0x11, ipv4)) == "nobody");
    CHECK(told(binary(0x20, 0x31, "short")) == "nobody");
    CHECK(told(binary(0x21, 0x00, "")) == "nobody");
    CHECK(told(binary(0x21, 0x00, "some bytes")) == "nobody");
}

TEST_CASE("version 2 knows one version, two commands, TCP over two families, and whole addresses")
{
    for (const unsigned command : {0x00U, 0x11U, 0x22U, 0x2FU, 0x31U, 0xFFU})
        CHECK(told(binary(command, 0x11, ipv4)) == "malformed");
    for (const unsigned family : {0x01U, 0x10U, 0x12U, 0x20U, 0x22U, 0x31U, 0x32U, 0x41U, 0xFFU})
        CHECK(told(binary(0x21, family, ipv6)) == "malformed");
    CHECK(told(binary(0x21, 0x11, ipv4.substr(0, 11))) == "malformed");
    CHECK(told(binary(0x21, 0x21, ipv6.substr(0, 35))) == "malformed");
    CHECK(told(binary(0x21, 0x21, ipv4)) == "malformed");
    CHECK(told(binary(0x21, 0x11, "")) == "malformed");
}

TEST_CASE("what begins another protocol is no PROXY header")
{
    for (const auto& bytes : {"CONNECT a:1 HTTP/1.1\r\n\r\n"s, "\5\1\0"s, "\4\1"s, "PROXX"s,
                              "proxy TCP4 "s, "\r\n\r\nGET"s, "\r\n\r\n\0\r\nQUIT\r"s, "\x16\3\1"s})
        CHECK(told(bytes) == "no header");
    CHECK(told("") == "more");
    CHECK(told("P") == "more");
    CHECK(told("\r\n\r\n") == "more");
}

}  // namespace
}  // namespace adit::protocols
