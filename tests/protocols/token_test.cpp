#include "protocols/token.hpp"

#include <string>

#include <doctest/doctest.h>

namespace adit::protocols {
namespace {

const std::string mac(43, 'A');

std::optional<SignedToken> parsed(const std::string& before_mac)
{
    // The reader holds views: of a text that lives longer.
    static std::string text;
    text = before_mac + "~" + mac;
    return parse_token(text);
}

Target target(const char* authority)
{
    return *parse_authority(authority);
}

TEST_CASE("a token carries its expiry and its rights")
{
    const auto read = parsed("adit1~1764182400~github.com,.github.com~22,8000-8099");
    REQUIRE(read);
    CHECK(read->token.expires == 1764182400);
    CHECK(read->token.rights.hosts ==
          std::vector<TokenRights::Name>{{"github.com", false}, {"github.com", true}});
    CHECK(read->token.rights.ports == std::vector<TokenRights::Ports>{{22, 22}, {8000, 8099}});
    CHECK(read->text == "adit1~1764182400~github.com,.github.com~22,8000-8099");
    CHECK(read->mac == TokenMac{});
}

TEST_CASE("what is written is read again, whatever the MAC")
{
    TokenMac bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<std::uint8_t>(i * 37 + 200);
    const Token token{99'999'999'999, {{{"a.example", true}, {"b", false}}, {{1, 65535}}}};
    const auto text = signed_text(token, bytes);
    CHECK(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                 "-._~,") == std::string::npos);
    const auto read = parse_token(text);
    REQUIRE(read);
    CHECK(read->token == token);
    CHECK(read->mac == bytes);
    CHECK(read->text == unsigned_text(token));
    CHECK(signed_text({1, {}}, {}) == "adit1~1~~~" + mac);
}

TEST_CASE("a token has one spelling, and everything else is none")
{
    CHECK(parsed("adit1~1~~"));
    for (const auto* text : {"",
                             "adit1",
                             "adit1~1",
                             "adit1~1~",
                             "adit1~1~~~",
                             "adit2~1~~",
                             "adit~1~~",
                             "adit01~1~~",
                             "Adit1~1~~",
                             " adit1~1~~",
                             "adit1~~~",
                             "adit1~0~~",
                             "adit1~01~~",
                             "adit1~-1~~",
                             "adit1~+1~~",
                             "adit1~1 ~~",
                             "adit1~100000000000~~",
                             "adit1~1~,~",
                             "adit1~1~a,~",
                             "adit1~1~,a~",
                             "adit1~1~A~",
                             "adit1~1~a.~",
                             "adit1~1~..a~",
                             "adit1~1~*.a~",
                             "adit1~1~10.0.0.1~",
                             "adit1~1~a b~",
                             "adit1~1~.~",
                             "adit1~1~~0",
                             "adit1~1~~65536",
                             "adit1~1~~022",
                             "adit1~1~~22,",
                             "adit1~1~~22-",
                             "adit1~1~~-22",
                             "adit1~1~~22-22",
                             "adit1~1~~23-22",
                             "adit1~1~~1-2-3",
                             "adit1~1~~a"}) {
        CAPTURE(text);
        CHECK_FALSE(parsed(text));
    }
}

TEST_CASE("a MAC is 43 digits of base64url with nothing left over")
{
    const std::string text = "adit1~1~~~";
    CHECK(parse_token(text + mac));
    CHECK(parse_token(text + std::string(42, '_') + "8"));
    CHECK_FALSE(parse_token(text + std::string(42, '_') + "9"));  // a bit behind the last byte
    CHECK_FALSE(parse_token(text + std::string(42, 'A')));
    CHECK_FALSE(parse_token(text + std::string(44, 'A')));
    CHECK_FALSE(parse_token(text + std::string(42, 'A') + "="));
    CHECK_FALSE(parse_token(text + std::string(42, 'A') + "+"));
    CHECK_FALSE(parse_token(text));
}

TEST_CASE("no token is longer than a password of SOCKS5")
{
    const auto of_length = [](std::size_t length) {
        std::string name(length - 53, 'a');
        for (std::size_t i = 50; i < name.size(); i += 51)
            name[i] = '.';
        return "adit1~1~" + name + "~~" + mac;
    };
    REQUIRE(of_length(255).size() == 255);
    CHECK(parse_token(of_length(255)));
    CHECK_FALSE(parse_token(of_length(256)));
}

TEST_CASE("a password is taken for a token of any version, and for nothing else")
{
    CHECK(is_token("adit1~"));
    CHECK(is_token("adit27~what will be"));
    for (const auto* text :
         {"", "adit", "adit1", "adit~", "aditx~", "adit1x~", " adit1~", "secret"})
        CHECK_FALSE(is_token(text));
}

TEST_CASE("a token reaches the hosts and ports it names, and without them every one")
{
    const TokenRights all;
    CHECK(all.cover(target("example.com:25")));
    CHECK(all.cover(target("10.0.0.1:25")));

    const TokenRights some{{{"a.example", false}, {"b.example", true}}, {{443, 443}, {8000, 8002}}};
    for (const auto* authority : {"a.example:443", "x.b.example:8000", "y.x.b.example:8002"})
        CHECK(some.cover(target(authority)));
    for (const auto* authority :
         {"a.example:442", "a.example:8003", "x.a.example:443", "b.example:443", "xb.example:443",
          "example:443", "10.0.0.1:443", "[2001:db8::1]:443"})
        CHECK_FALSE(some.cover(target(authority)));

    const TokenRights ports{{}, {{22, 22}}};
    CHECK(ports.cover(target("10.0.0.1:22")));
    CHECK_FALSE(ports.cover(target("10.0.0.1:23")));
}

}  // namespace
}  // namespace adit::protocols
