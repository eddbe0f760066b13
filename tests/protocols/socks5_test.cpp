// The parsers of SOCKS5; socks5_handshake_test.cpp tries the conversation.
#include "protocols/socks5.hpp"

#include <string>

#include "tests/protocols/ways.hpp"

namespace adit::protocols {
namespace {

using testing::byte;
using testing::counted;
using testing::try_parser;
using namespace std::string_literals;

const auto port_443 = "\x01\xbb"s;

std::string request(const std::string& behind_reserved)
{
    return "\5\1\0"s + behind_reserved;
}

std::string name_request(const std::string& name)
{
    return request("\3"s + counted(name) + port_443);
}

// The canonical target, or the words of the fault, or "more".
std::string asked(const std::string& bytes)
{
    const auto step = try_parser(parse_socks5_request, bytes);
    if (const auto* malformed = std::get_if<Malformed>(&step))
        return std::string{words(malformed->fault)};
    if (const auto* done = std::get_if<Done<Socks5Request>>(&step))
        return to_text(done->value.target);
    return "more";
}

std::string fault(Fault expected)
{
    return std::string{words(expected)};
}

TEST_CASE("a SOCKS5 greeting tells which of our two login methods are offered")
{
    const struct {
        std::string bytes;
        bool no_login;
        bool user_pass;
    } cases[] = {
        {"\5\1\0"s, true, false},
        {"\5\1\2"s, false, true},
        {"\5\2\0\2"s, true, true},
        {"\5\3\2\1\0"s, true, true},
        {"\5\1\1"s, false, false},
        {"\5\2\3\xff"s, false, false},
        {"\5\xff"s + std::string(254, '\x80') + "\2", false, true},
        {"\5\4\0\0\0\0"s, true, false},
    };
    for (const auto& one : cases) {
        const auto step = try_parser(parse_socks5_greeting, one.bytes);
        const auto* done = std::get_if<Done<Socks5Greeting>>(&step);
        REQUIRE(done != nullptr);
        CHECK(done->value.no_login == one.no_login);
        CHECK(done->value.user_pass == one.user_pass);
        CHECK(done->consumed == one.bytes.size());
    }
}

TEST_CASE("a greeting without methods or of another version is malformed")
{
    for (const auto version : {0u, 1u, 4u, 6u, 0x47u, 0xffu}) {
        const auto step = try_parser(parse_socks5_greeting, byte(version) + "\1\0"s);
        CHECK(std::get<Malformed>(step).fault == Fault::bad_version_byte);
    }
    const auto step = try_parser(parse_socks5_greeting, "\5\0"s);
    CHECK(std::get<Malformed>(step).fault == Fault::bad_greeting);
}

TEST_CASE("a name and a password of 0 to 255 bytes each are read to the byte")
{
    for (const std::size_t user_size : {0u, 1u, 255u}) {
        for (const std::size_t password_size : {0u, 1u, 255u}) {
            const std::string user(user_size, 'u');
            const std::string password(password_size, 'p');
            const auto step = try_parser(parse_user_pass, "\1" + counted(user) + counted(password));
            const auto* done = std::get_if<Done<Credentials>>(&step);
            REQUIRE(done != nullptr);
            CHECK(done->value.user == user);
            CHECK(done->value.password.reveal() == password);
            CHECK(done->consumed == 3 + user_size + password_size);
        }
    }
}

TEST_CASE("a sub-negotiation of another version is malformed, a SOCKS5 request in its place too")
{
    for (const auto version : {0u, 2u, 5u, 0xffu}) {
        const auto step = try_parser(parse_user_pass, byte(version) + "\1a\1b");
        CHECK(std::get<Malformed>(step).fault == Fault::bad_sub_negotiation);
    }
}

TEST_CASE("a SOCKS5 request for each address type is understood")
{
    CHECK(asked(request("\1\x0a\0\0\1"s + port_443)) == "10.0.0.1:443");
    CHECK(asked(name_request("example.com")) == "example.com:443");
    CHECK(asked(request("\4\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"s + port_443)) ==
          "[2001:db8::1]:443");
    CHECK(asked(request("\1\0\0\0\0\xff\xff"s)) == "0.0.0.0:65535");
    CHECK(asked(request("\1\x7f\0\0\1\0\1"s)) == "127.0.0.1:1");
}

TEST_CASE("a SOCKS5 name field is made canonical, and an address in it is an address")
{
    CHECK(asked(name_request("EXAMPLE.com.")) == "example.com:443");
    CHECK(asked(name_request("127.0.0.1")) == "127.0.0.1:443");
    CHECK(asked(name_request("2001:DB8::1")) == "[2001:db8::1]:443");
    CHECK(asked(name_request("::ffff:127.0.0.1")) == "127.0.0.1:443");
    CHECK(asked(request("\4\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\1"s + port_443)) ==
          "127.0.0.1:443");
}

TEST_CASE("a SOCKS5 name that a resolver and a rule could read differently is refused")
{
    const std::string label(63, 'a');
    const std::string names[] = {
        "",
        ".",
        "localhost\0.evil"s,
        "127.0.0.1\0.evil"s,
        "\0"s,
        "a\nb",
        "a\rb",
        "a b",
        "b\xfc"
        "cher",
        "127.1",
        "0x7f000001",
        "2130706433",
        "0177.0.0.1",
        "127.0.0.1.",
        "[::1]",
        "[example.com]",
        "fe80::1%lo",
        "%31",
        "example.com:443",
        "user@example.com",
        "localhost..",
        label + "a.b",
        label + "." + label + "." + label + "." + std::string(62, 'b'),
        std::string(255, 'a'),
        std::string(255, '.'),
    };
    for (const auto& name : names) {
        CAPTURE(name);
        CHECK(asked(name_request(name)) == fault(Fault::bad_host));
    }
}

TEST_CASE("the first wrong byte of a SOCKS5 request is named: version, command, reserved, type")
{
    const auto rest = "\x0a\0\0\1"s + port_443;
    for (const auto value : {0u, 1u, 4u, 6u, 0xffu})
        CHECK(asked(byte(value) + "\1\0\1"s + rest) == fault(Fault::bad_version_byte));
    for (const auto value : {0u, 4u, 0xf0u, 0xffu})
        CHECK(asked("\5"s + byte(value) + "\0\1"s + rest) == fault(Fault::bad_command));
    for (const auto value : {1u, 5u, 0xffu})
        CHECK(asked("\5\1"s + byte(value) + "\1" + rest) == fault(Fault::bad_reserved_byte));
    for (const auto value : {0u, 2u, 5u, 0xffu})
        CHECK(asked("\5\1\0"s + byte(value) + rest) == fault(Fault::bad_address_type));
    CHECK(asked("\5\2\0\x09"s + rest) == fault(Fault::bad_address_type));
    CHECK(asked("\5\3\0\x09"s + rest) == fault(Fault::bad_address_type));
    CHECK(asked("\5\3\1\1"s + rest) == fault(Fault::bad_reserved_byte));
}

TEST_CASE("what a request for a UDP association names is not looked at")
{
    const std::string requests[] = {
        "\1\0\0\0\0\0\0"s,
        "\1\x0a\0\0\1\x9c\x40"s,
        "\3"s + counted("0") + "\0\0"s,  // PySocks
        "\3"s + counted("") + "\0\0"s,
        "\3"s + counted("a b\0c"s) + port_443,
        "\3"s + counted(std::string(255, '.')) + port_443,
        "\4"s + std::string(16, '\0') + "\0\0"s,
    };
    for (const auto& one : requests) {
        const auto step = try_parser(parse_socks5_request, "\5\3\0"s + one);
        const auto* done = std::get_if<Done<Socks5Request>>(&step);
        REQUIRE(done != nullptr);
        CHECK(done->value.command == Socks5Command::udp_associate);
        CHECK(to_text(done->value.target) == "0.0.0.0:0");
        CHECK(done->consumed == 3 + one.size());
    }
    CHECK(asked("\5\3\0\3\xff"s + std::string(255, 'a') + "\0"s) == "more");
}

TEST_CASE("a request for BIND names its peer as strictly as CONNECT its destination")
{
    const auto step = try_parser(parse_socks5_request, "\5\2\0\1\x0a\0\0\1"s + port_443);
    const auto* done = std::get_if<Done<Socks5Request>>(&step);
    REQUIRE(done != nullptr);
    CHECK(done->value.command == Socks5Command::bind);
    CHECK(to_text(done->value.target) == "10.0.0.1:443");
    CHECK(asked("\5\2\0\1\x0a\0\0\1\0\0"s) == fault(Fault::bad_port));
    CHECK(asked("\5\2\0\3"s + counted("0") + port_443) == fault(Fault::bad_host));
}

TEST_CASE("port 0 is refused in a SOCKS5 request")
{
    CHECK(asked(request("\1\x0a\0\0\1\0\0"s)) == fault(Fault::bad_port));
    CHECK(asked(request("\3"s + counted("example.com") + "\0\0"s)) == fault(Fault::bad_port));
}

TEST_CASE("a short SOCKS5 message is no mistake, only short")
{
    CHECK(asked("") == "more");
    CHECK(asked("\5\1\0\3\xff"s) == "more");
    CHECK(asked("\5\1\0\4"s + std::string(16, '\1')) == "more");
}

}  // namespace
}  // namespace adit::protocols
