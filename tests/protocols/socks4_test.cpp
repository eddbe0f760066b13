#include "protocols/socks4.hpp"

#include <string>

#include "tests/protocols/ways.hpp"

namespace adit::protocols {
namespace {

using testing::answer;
using testing::byte;
using testing::endpoint;
using testing::try_handshake;
using testing::try_parser;
using namespace std::string_literals;

const auto opening = "\4\1\x01\xbb"s;  // CONNECT, port 443
const auto rejection = "\0\x5b\0\0\0\0\0\0"s;

std::string by_address(const std::string& user_id)
{
    return opening + "\x0a\0\0\1"s + user_id + "\0"s;
}

std::string by_name(const std::string& name, const std::string& user_id = "")
{
    return opening + "\0\0\0\1"s + user_id + "\0"s + name + "\0"s;
}

std::string asked(const std::string& bytes)
{
    const auto step = try_parser(parse_socks4_request, bytes);
    if (const auto* malformed = std::get_if<Malformed>(&step))
        return std::string{words(malformed->fault)};
    if (const auto* done = std::get_if<Done<Target>>(&step))
        return to_text(done->value);
    return "more";
}

std::string fault(Fault expected)
{
    return std::string{words(expected)};
}

TEST_CASE("a SOCKS4 request names an IPv4 address, whatever its user id is")
{
    CHECK(asked(by_address("")) == "10.0.0.1:443");
    CHECK(asked(by_address("alice")) == "10.0.0.1:443");
    CHECK(asked(by_address("\r\n\x7f\xff")) == "10.0.0.1:443");
    CHECK(asked(by_address(std::string(255, 'u'))) == "10.0.0.1:443");
}

TEST_CASE("a SOCKS4a request names a host, made canonical")
{
    CHECK(asked(by_name("example.com")) == "example.com:443");
    CHECK(asked(by_name("EXAMPLE.com.", "alice")) == "example.com:443");
    CHECK(asked(by_name("127.0.0.1")) == "127.0.0.1:443");
    CHECK(asked(by_name("::ffff:10.0.0.1")) == "10.0.0.1:443");
    CHECK(asked(by_name("2001:db8::1")) == "[2001:db8::1]:443");
}

TEST_CASE("0.0.0.x with x other than 0 says that a name follows, and no other address does")
{
    for (const unsigned last : {1u, 2u, 127u, 255u})
        CHECK(asked(opening + "\0\0\0"s + byte(last) + "\0host\0"s) == "host:443");
    CHECK(asked(opening + "\0\0\0\0\0"s) == "0.0.0.0:443");
    CHECK(asked(opening + "\0\0\1\0\0"s) == "0.0.1.0:443");
    CHECK(asked(opening + "\0\1\0\1\0"s) == "0.1.0.1:443");
    CHECK(asked(opening + "\1\0\0\1\0"s) == "1.0.0.1:443");
}

TEST_CASE("a SOCKS4 user id and a SOCKS4a name end within 255 bytes")
{
    CHECK(asked(by_address(std::string(256, 'u'))) == fault(Fault::user_id_too_long));
    CHECK(asked(opening + "\x0a\0\0\1"s + std::string(255, 'u')) == "more");
    CHECK(asked(opening + "\x0a\0\0\1"s + std::string(256, 'u')) == fault(Fault::user_id_too_long));
    CHECK(asked(by_name(std::string(256, 'a'))) == fault(Fault::name_too_long));
    CHECK(asked(opening + "\0\0\0\1\0"s + std::string(255, 'a')) == "more");
    CHECK(asked(opening + "\0\0\0\1\0"s + std::string(256, 'a')) == fault(Fault::name_too_long));
    CHECK(asked(by_name(std::string(255, 'a'))) == fault(Fault::bad_host));
}

TEST_CASE("a SOCKS4a name that could be read in two ways is refused")
{
    for (const auto* name : {"", ".", "a b", "a\r\nb", "127.1", "0x7f000001", "2130706433",
                             "127.0.0.1.", "[::1]", "fe80::1%lo",
                             "b\xfc"
                             "cher",
                             "host:22", "a@b", "localhost.."}) {
        CAPTURE(name);
        CHECK(asked(by_name(name)) == fault(Fault::bad_host));
    }
}

TEST_CASE("the first wrong byte of a SOCKS4 request is named: version, command, port")
{
    CHECK(asked("\5\1\0\x16\x0a\0\0\1\0"s) == fault(Fault::bad_version_byte));
    for (const unsigned command : {0u, 2u, 3u, 0x80u, 0xffu})
        CHECK(asked("\4"s + byte(command) + "\0\x16\x0a\0\0\1\0"s) == fault(Fault::bad_command));
    CHECK(asked("\4\1\0\0\x0a\0\0\1\0"s) == fault(Fault::bad_port));
    CHECK(asked("") == "more");
    CHECK(asked(opening + "\x0a\0\0"s) == "more");
}

TEST_CASE("a SOCKS4 request becomes a tunnel without a login, split or not")
{
    for (const auto& bytes : {by_address("alice"), by_name("example.com", "alice")}) {
        const auto talk = try_handshake(Socks4Handshake{}, bytes);
        REQUIRE(talk.request);
        CHECK(talk.request->protocol == Protocol::socks4);
        CHECK(talk.said.empty());
        CHECK(talk.logins.empty());
        CHECK(talk.unread.empty());
    }
}

TEST_CASE("a malformed SOCKS4 request hangs up with its fault")
{
    const auto talk = try_handshake(Socks4Handshake{}, "\4\2\0\x16\x0a\0\0\1\0"s);
    REQUIRE(talk.hangup);
    CHECK(talk.hangup->ending == Ending::malformed);
    CHECK(talk.hangup->fault == Fault::bad_command);
}

TEST_CASE("every SOCKS4 refusal is the same eight bytes, at any moment")
{
    Socks4Handshake handshake;
    for (int i = static_cast<int>(Ending::malformed); i <= static_cast<int>(Ending::internal);
         ++i) {
        auto told = answer(static_cast<Ending>(i));
        told.bound = endpoint("10.0.0.1", 4000);
        CHECK(handshake.conclude(told) == rejection);
    }
}

TEST_CASE("SOCKS4 success carries the gateway's own address when it is IPv4, and zeros when not")
{
    Socks4Handshake handshake;
    auto told = answer(Ending::established);
    told.bound = endpoint("10.1.2.3", 0x1234);
    CHECK(handshake.conclude(told) == "\0\x5a\x12\x34\x0a\1\2\3"s);
    told.bound = endpoint("2001:db8::1", 0x1234);
    CHECK(handshake.conclude(told) == "\0\x5a\0\0\0\0\0\0"s);
}

TEST_CASE("SOCKS4 has no password, and a verdict on one leads nowhere")
{
    Socks4Handshake handshake;
    CHECK(std::holds_alternative<Hangup>(handshake.verified(true).what));
    CHECK(handshake.protocol() == Protocol::socks4);
}

}  // namespace
}  // namespace adit::protocols
