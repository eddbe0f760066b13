#include "protocols/target.hpp"

#include <string>

#include "tests/protocols/ways.hpp"

namespace adit::protocols {
namespace {

using namespace std::string_literals;

// What a name is turned into, or what is wrong with it.
std::string domain(const std::string& text)
{
    const auto parsed = Domain::parse(text);
    return parsed ? parsed->text() : "refused";
}

std::string host(const std::string& text)
{
    const auto parsed = parse_host(text);
    return parsed ? to_text(*parsed) : "refused";
}

std::string authority(const std::string& text)
{
    const auto parsed = parse_authority(text);
    return parsed ? to_text(*parsed) : "refused";
}

bool is_address(const std::string& text)
{
    const auto parsed = parse_host(text);
    return parsed && std::holds_alternative<Address>(*parsed);
}

TEST_CASE("a name is kept in lower case and without its last dot")
{
    CHECK(domain("example.com") == "example.com");
    CHECK(domain("EXAMPLE.Com") == "example.com");
    CHECK(domain("example.com.") == "example.com");
    CHECK(domain("LOCALHOST.") == "localhost");
    CHECK(domain("_ssh._tcp.a-b.example") == "_ssh._tcp.a-b.example");
    CHECK(domain("xn--bcher-kva.example") == "xn--bcher-kva.example");
    CHECK(domain("1.2.3.4.example") == "1.2.3.4.example");
    CHECK(domain("1a") == "1a");
    CHECK(domain("0xyz") == "0xyz");
}

TEST_CASE("a name that could be read in two ways is refused")
{
    const std::string refused[] = {
        "",
        ".",
        "..",
        "a..",
        ".a",
        "a..b",
        "localhost..",
        "a b",
        " a",
        "a ",
        "a\tb",
        "a\r\nb",
        "a\0b"s,
        "localhost\0.evil.example"s,
        "127.0.0.1\0.evil.example"s,
        "a\x7f"
        "b",
        "b\xc3\xbc"
        "cher.example",
        "example\xe3\x80\x82"
        "com",
        "\xef\xbc\x91",
        "a%2eb",
        "%31%32%37.0.0.1",
        "a%00b",
        "a/b",
        "a?b",
        "a#b",
        "a\\b",
        "user@host",
        "a:b",
        "[a]",
        "[::1]",
        "*.example.com",
        "a,b",
        "a\"b",
    };
    for (const auto& name : refused) {
        CAPTURE(name);
        CHECK(domain(name) == "refused");
        CHECK(host(name) == "refused");
    }
}

TEST_CASE("every byte that is no letter, digit, hyphen, underscore or dot is refused in a name")
{
    for (unsigned value = 0; value < 256; ++value) {
        CAPTURE(value);
        const char c = static_cast<char>(value);
        const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
        CHECK(Domain::parse("a"s + c + "b").has_value() == fine);
    }
}

TEST_CASE(
    "a name whose last label is a number is no name, because a resolver might take it for one")
{
    for (const auto* name :
         {"2130706433", "0177.0.0.1", "0x7f000001", "0X7F.1", "127.1", "127.0.0.02", "127.0.0.1.",
          "127.0.0.256", "1.2.3.4.5", "example.1", "example.0x", "a.0x7f", "0", "00", "example.1.",
          "010.8.0.1", "1.2.3"}) {
        CAPTURE(name);
        CHECK(domain(name) == "refused");
        CHECK(host(name) == "refused");
    }
}

TEST_CASE("a label has 1 to 63 characters and a name at most 253")
{
    const std::string label(63, 'a');
    CHECK(domain(label + ".b") == label + ".b");
    CHECK(domain(label + "a.b") == "refused");
    const auto longest = label + "." + label + "." + label + "." + std::string(61, 'b');
    REQUIRE(longest.size() == 253);
    CHECK(domain(longest) == longest);
    CHECK(domain(longest + ".") == longest);
    CHECK(domain(longest + "b") == "refused");
    CHECK(domain(longest + "..") == "refused");
}

TEST_CASE("an address literal in a name field is an address")
{
    CHECK(is_address("10.0.0.1"));
    CHECK(is_address("::1"));
    CHECK(is_address("2001:DB8::1"));
    CHECK_FALSE(is_address("10.0.0.1.example"));
    CHECK(host("2001:DB8:0:0:0:0:0:1") == "2001:db8::1");
}

TEST_CASE("an IPv4-mapped address is the IPv4 address it carries")
{
    CHECK(host("::ffff:127.0.0.1") == "127.0.0.1");
    CHECK(host("::FFFF:7f00:1") == "127.0.0.1");
    CHECK(host("0:0:0:0:0:ffff:7f00:0001") == "127.0.0.1");
    CHECK(authority("[::ffff:169.254.169.254]:80") == "169.254.169.254:80");
    CHECK(host("::127.0.0.1") == "::127.0.0.1");
    CHECK(host("64:ff9b::7f00:1") == "64:ff9b::7f00:1");
    CHECK(host("::ffff:0:7f00:1") != "127.0.0.1");
}

TEST_CASE("only strict dotted decimal is an IPv4 address, and no IPv6 address has a zone")
{
    for (const auto& text :
         {"127.0.0.01"s,      "1.2.3.4 "s, " 1.2.3.4"s,   "1.2.3"s,     "+1.2.3.4"s,
          "1.2.3.4\0"s,       "::1\0x"s,   "fe80::1%lo"s, "fe80::1%1"s, "::1%25.example.com"s,
          "[::1]"s,           ":::1"s,     "1::2::3"s,    "12345::"s,   "::1.2.3"s,
          "::ffff:1.2.3.04"s, ""s,         ":"s,          "::g"s,       std::string(60, '1')}) {
        CAPTURE(text);
        CHECK_FALSE(parse_address(text).has_value());
    }
}

TEST_CASE("a port is 1 to 65535 in plain digits")
{
    CHECK(*parse_port("1") == 1);
    CHECK(*parse_port("443") == 443);
    CHECK(*parse_port("65535") == 65535);
    for (const auto& text :
         {""s, "0"s, "00"s, "080"s, "65536"s, "65616"s, "131152"s, "+80"s, "-80"s, " 80"s, "80 "s,
          "0x50"s, "8o"s, "80\0"s, "4294967376"s, "80/"s}) {
        CAPTURE(text);
        REQUIRE_FALSE(parse_port(text).has_value());
        CHECK(parse_port(text).error() == Fault::bad_port);
    }
}

TEST_CASE("the target of a CONNECT is a host, a colon and a port")
{
    CHECK(authority("example.com:443") == "example.com:443");
    CHECK(authority("EXAMPLE.com.:443") == "example.com:443");
    CHECK(authority("10.0.0.1:22") == "10.0.0.1:22");
    CHECK(authority("[2001:DB8::1]:443") == "[2001:db8::1]:443");
    CHECK(authority("[::]:1") == "[::]:1");
}

TEST_CASE("a target that is anything more than host and port is refused, with the reason")
{
    const struct {
        std::string text;
        Fault fault;
    } cases[] = {
        {"", Fault::bad_authority},
        {"example.com", Fault::bad_authority},
        {":", Fault::bad_host},
        {":443", Fault::bad_host},
        {"example.com:", Fault::bad_port},
        {"example.com:0", Fault::bad_port},
        {"example.com:65979", Fault::bad_port},
        {"example.com:443/", Fault::bad_port},
        {"example.com:443?x", Fault::bad_port},
        {"example.com:443#x", Fault::bad_port},
        {"example.com:443\\x", Fault::bad_port},
        {"example.com:443 ", Fault::bad_port},
        {"http://example.com:80", Fault::bad_authority},
        {"http://example.com/", Fault::bad_port},
        {"//example.com:80", Fault::bad_host},
        {"/", Fault::bad_authority},
        {"*", Fault::bad_authority},
        {"user@example.com:443", Fault::bad_host},
        {"user:pw@example.com:443", Fault::bad_authority},
        {"allowed.example:443@denied.example:443", Fault::bad_authority},
        {"2001:db8::1:443", Fault::bad_authority},
        {"::1", Fault::bad_authority},
        {"[example.com]:443", Fault::bad_host},
        {"[127.0.0.1]:443", Fault::bad_host},
        {"[localhost]:443", Fault::bad_host},
        {"[]:443", Fault::bad_host},
        {"[::1]", Fault::bad_authority},
        {"[::1]443", Fault::bad_authority},
        {"[::1:443", Fault::bad_authority},
        {"[::1]:", Fault::bad_port},
        {"[::1]:443:1", Fault::bad_port},
        {"[::1%25lo]:443", Fault::bad_host},
        {"[::1%lo]:443", Fault::bad_host},
        {"[[::1]]:443", Fault::bad_host},
        {"[::1].evil.example:443", Fault::bad_authority},
        {"::1]:443", Fault::bad_authority},
        {"a[::1]:443", Fault::bad_authority},
        {"[v1.x]:443", Fault::bad_host},
        {"ex%61mple.com:443", Fault::bad_host},
        {"2130706433:443", Fault::bad_host},
        {"127.1:443", Fault::bad_host},
        {"localhost\0.evil:443"s, Fault::bad_host},
    };
    for (const auto& one : cases) {
        CAPTURE(one.text);
        const auto parsed = parse_authority(one.text);
        REQUIRE_FALSE(parsed.has_value());
        CHECK(parsed.error() == one.fault);
    }
}

TEST_CASE("an endpoint is written with brackets around IPv6")
{
    CHECK(to_text(testing::endpoint("10.0.0.1", 80)) == "10.0.0.1:80");
    CHECK(to_text(testing::endpoint("2001:db8::1", 80)) == "[2001:db8::1]:80");
}

}  // namespace
}  // namespace adit::protocols
