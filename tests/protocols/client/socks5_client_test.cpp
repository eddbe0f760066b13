#include "protocols/client/socks5_client.hpp"

#include "protocols/socks5.hpp"
#include "tests/protocols/client/talks.hpp"

namespace adit::protocols::client {
namespace {

using testing::Asked;
using testing::target;
using testing::try_asking;
using testing::try_parser;
using namespace std::string_literals;

const auto granted = "\5\0\0\1\x7f\0\0\1\x1f\x90"s;

template <class Parse>
std::string fault_or(Parse parse, const std::string& bytes)
{
    const auto step = try_parser(parse, bytes);
    if (const auto* malformed = std::get_if<Malformed>(&step))
        return std::string{words(malformed->fault)};
    const auto* done = std::get_if<1>(&step);
    return done == nullptr ? "more" : std::to_string(static_cast<int>(done->value));
}

Asked nobody(const std::string& answer, const char* authority = "example.com:22")
{
    return try_asking([&] { return Socks5Client{target(authority), std::nullopt}; }, answer);
}

Asked alice(const std::string& answer)
{
    return try_asking(
        [] {
            return Socks5Client{target("example.com:22"), Credentials{"alice", Secret{"secret"}}};
        },
        answer);
}

TEST_CASE("a proxy chooses one of the two SOCKS5 methods spoken here, or none")
{
    CHECK(fault_or(parse_socks5_choice, "\5\0"s) == "0");
    CHECK(fault_or(parse_socks5_choice, "\5\2") == "2");
    CHECK(fault_or(parse_socks5_choice, "\5\xff") == "255");
    CHECK(fault_or(parse_socks5_choice, "\5") == "more");
    CHECK(fault_or(parse_socks5_choice, "\5\1") == words(Fault::method_not_offered));
    CHECK(fault_or(parse_socks5_choice, "\4\0"s) == words(Fault::bad_version_byte));
    CHECK(fault_or(parse_socks5_choice, "HTTP/1.1 ") == words(Fault::bad_version_byte));
}

TEST_CASE("the status of a SOCKS5 login is 0 or a refusal")
{
    CHECK(fault_or(parse_user_pass_status, "\1\0"s) == "1");
    CHECK(fault_or(parse_user_pass_status, "\1\1") == "0");
    CHECK(fault_or(parse_user_pass_status, "\1\xff") == "0");
    CHECK(fault_or(parse_user_pass_status, "\5\0"s) == words(Fault::bad_sub_negotiation));
}

TEST_CASE("a SOCKS5 reply tells an address of any type, a refusal is complete with its code")
{
    CHECK(fault_or(parse_socks5_reply, granted) == "0");
    CHECK(fault_or(parse_socks5_reply, "\5\0\0\4"s + std::string(18, '\0')) == "0");
    CHECK(fault_or(parse_socks5_reply, "\5\0\0\3\4host\0\1"s) == "0");
    CHECK(fault_or(parse_socks5_reply, "\5\0\0\3\0\0\1"s) == "0");
    CHECK(fault_or(parse_socks5_reply, "\5\2") == "2");
    CHECK(fault_or(parse_socks5_reply, "\5\0\0\1\x7f\0\0\1\x1f"s) == "more");
    CHECK(fault_or(parse_socks5_reply, "\5\0\1\1"s) == words(Fault::bad_reserved_byte));
    CHECK(fault_or(parse_socks5_reply, "\5\0\0\2"s) == words(Fault::bad_address_type));
    CHECK(fault_or(parse_socks5_reply, "\1\0"s) == words(Fault::bad_version_byte));
}

TEST_CASE("a SOCKS5 client without a login says its greeting and its request")
{
    const auto asked = nobody("\5\0"s + granted);
    CHECK(asked.ending == "open");
    CHECK(asked.said ==
          "\5\1\0\5\1\0\3\x0b"
          "example.com\0\x16"s);
    CHECK(nobody("\5\0"s + granted, "10.0.0.1:443").said == "\5\1\0\5\1\0\1\x0a\0\0\1\x01\xbb"s);
    CHECK(nobody("\5\0"s + granted, "[::1]:443").said ==
          "\5\1\0\5\1\0\4"s + std::string(15, '\0') + "\1\x01\xbb");
}

TEST_CASE("a SOCKS5 client with a login offers both methods and logs in when asked to")
{
    const auto request =
        "\5\1\0\3\x0b"
        "example.com\0\x16"s;
    CHECK(alice("\5\0"s + granted).said == "\5\2\0\2"s + request);
    const auto asked = alice("\5\2\1\0"s + granted);
    CHECK(asked.ending == "open");
    CHECK(asked.said == "\5\2\0\2\1\5alice\6secret"s + request);
}

TEST_CASE("a SOCKS5 proxy that wants a login, or another one, says so")
{
    CHECK(nobody("\5\xff").refused.why == Refused::Why::login_needed);
    CHECK(nobody("\5\2").ending == words(Fault::method_not_offered));
    CHECK(alice("\5\xff").ending == "refused: the proxy takes no user name and password");
    const auto wrong = alice("\5\2\1\1");
    CHECK(wrong.refused.why == Refused::Why::login_failed);
    CHECK(wrong.said == "\5\2\0\2\1\5alice\6secret"s);
}

TEST_CASE("each SOCKS5 refusal has its words")
{
    for (int rep = 1; rep <= 9; ++rep) {
        const auto asked = nobody("\5\0\5"s + static_cast<char>(rep) + "\0\1\0\0\0\0\0\0"s);
        CAPTURE(rep);
        CHECK(asked.ending.find("refused: ") == 0);
        CHECK(asked.ending.size() > 20);
        CHECK(asked.refused.why == Refused::Why::other);
    }
    CHECK(nobody("\5\0\5\2"s).ending ==
          "refused: the policy of the proxy does not allow this tunnel");
}

TEST_CASE("what a SOCKS5 client asks for is what the gateway reads")
{
    for (const char* authority : {"10.0.0.1:443", "example.com:22", "[2001:db8::1]:1"}) {
        const auto said = nobody("\5\0"s + granted, authority).said;
        const auto step = parse_socks5_request(as_bytes(std::string_view{said}.substr(3)));
        REQUIRE(std::holds_alternative<Done<Socks5Request>>(step));
        CHECK(std::get<Done<Socks5Request>>(step).value.target == target(authority));
    }
}

TEST_CASE("a SOCKS5 login has a user, and 255 bytes at most of either")
{
    const auto fits = [](std::size_t user, std::size_t password) {
        return fits_socks5({std::string(user, 'u'), Secret{std::string(password, 'p')}});
    };
    CHECK(fits(1, 0));
    CHECK(fits(255, 255));
    CHECK_FALSE(fits(0, 1));
    CHECK_FALSE(fits(256, 1));
    CHECK_FALSE(fits(1, 256));
}

}  // namespace
}  // namespace adit::protocols::client
