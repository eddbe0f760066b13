#include "protocols/credentials.hpp"

#include <string>
#include <utility>

#include <doctest/doctest.h>

namespace adit::protocols {
namespace {

// "user|password", or "refused".
std::string decoded(std::string_view basic)
{
    const auto credentials = decode_basic(basic);
    if (!credentials)
        return "refused";
    return credentials->user + "|" + std::string{credentials->password.reveal()};
}

TEST_CASE("Basic credentials are a user name and a password with a colon between them")
{
    CHECK(decoded("QWxhZGRpbjpvcGVuIHNlc2FtZQ==") == "Aladdin|open sesame");  // RFC 7617 §2
    CHECK(decoded("dGVzdDoxMjPCow==") == "test|123\xc2\xa3");                 // RFC 7617 §2.1
    CHECK(decoded("YTpi") == "a|b");
    CHECK(decoded("Og==") == "|");
    CHECK(decoded("OmI=") == "|b");
    CHECK(decoded("YTo=") == "a|");
    CHECK(decoded("+/+/Og==") == "\xfb\xff\xbf|");
}

TEST_CASE("a password may hold colons, a user name may not")
{
    CHECK(decoded("YTpiOmM6") == "a|b:c:");
}

TEST_CASE("credentials that are not canonical base64 are refused")
{
    for (const auto* text : {"",        "YTp",       "YTpiY",    "YTo",   "YTo==",
                             "YTpiYg=", "YTpi====",  "=",        "==",    "====",
                             "Y===",    "YTpi YTpi", " YTpi",    "YTpi ", "YTpi\n",
                             "YT-_",    "YT=i",      "YTo=YTpi", "YTpi,", "Y\"pi",
                             "YTp",     "OmJ=",      "Oh==",     "Of==",  "\xc3\xa4\xc3\xa4"}) {
        CAPTURE(text);
        CHECK(decoded(text) == "refused");
    }
    CHECK(decoded(std::string_view{"YTpi\0YTp", 8}) == "refused");
}

TEST_CASE("credentials without a colon or with a control character are refused")
{
    CHECK(decoded("YWI=") == "refused");          // ab
    CHECK(decoded("YTpiAGM=") == "refused");      // a:b NUL c
    CHECK(decoded("YQA6Yg==") == "refused");      // a NUL:b
    CHECK(decoded("YTpiDQpY") == "refused");      // a:b CR LF X
    CHECK(decoded("YTp/") == "refused");          // a: DEL
    CHECK(decoded("YTpzZWNyZXQA") == "refused");  // a:secret NUL
}

TEST_CASE("a user name has at most 255 bytes, as in SOCKS5")
{
    // Three letters a group of four, so 85 groups are 255 bytes.
    std::string longest;
    for (int i = 0; i < 85; ++i)
        longest += "YWFh";
    CHECK(decoded(longest + "OmI=") == std::string(255, 'a') + "|b");
    CHECK(decoded(longest + "YTpi") == "refused");
}

TEST_CASE("bits behind the last byte must be zero")
{
    // A last byte takes two digits; only the two upper bits of the second belong to it.
    const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    int accepted = 0;
    for (const char last : digits)
        accepted += decoded(std::string{"YWI6O"} + last + "==") != "refused" ? 1 : 0;
    CHECK(accepted == 4);
}

TEST_CASE("a moved-from secret holds nothing, whether it was short or long")
{
    for (const std::size_t size : {0u, 1u, 15u, 16u, 255u}) {
        const std::string text(size, 'x');
        Secret first{text};
        const auto before = first.reveal();
        Secret second{std::move(first)};
        CHECK(second.reveal() == text);
        if (size < 16 && size > 0)
            CHECK(before[0] == '\0');  // the short text lay inside of `first`
        Secret third{"something else"};
        third = std::move(second);
        CHECK(third.reveal() == text);
    }
}

TEST_CASE("control characters are found in either field")
{
    CHECK_FALSE(holds_control_character({"alice", Secret{"p\xc3\xa4ss word"}}));
    CHECK(holds_control_character({"al\nice", Secret{"x"}}));
    CHECK(holds_control_character({"alice", Secret{std::string_view{"x\0y", 3}}}));
    CHECK(holds_control_character({"alice", Secret{"\x7f"}}));
    CHECK_FALSE(holds_control_character({}));
}

}  // namespace
}  // namespace adit::protocols
