#include "src/login/token.hpp"

#include <doctest/doctest.h>

using namespace adit;
using namespace adit::login;
using namespace std::chrono_literals;

namespace {

using Verdict = CheckedToken::Verdict;

const std::string key = "0123456789abcdef0123456789abcdef";
constexpr std::chrono::sys_seconds noon{1'764'182'400s};
const protocols::Token token{1'764'182'400, {{{"github.com", true}}, {{443, 443}}}};

Verdict verdict(std::string_view password, std::string_view user = "ci",
                std::string_view with = key, std::chrono::sys_seconds now = noon - 1s)
{
    return check_token(password, user, with, now).verdict;
}

}  // namespace

TEST_CASE("a token that was signed is good until it expires, and says what it reaches")
{
    const auto password = sign_token(token, "ci", key);
    CHECK(verdict(password) == Verdict::good);
    CHECK(verdict(password, "ci", key, std::chrono::sys_seconds{}) == Verdict::good);
    CHECK(verdict(password, "ci", key, noon) == Verdict::expired);
    CHECK(verdict(password, "ci", key, noon + 100h) == Verdict::expired);
    const auto checked = check_token(password, "ci", key, noon - 1s);
    REQUIRE(checked.token);
    CHECK(*checked.token == token);
    CHECK_FALSE(is_expired(token, noon - 1s));
    CHECK(is_expired(token, noon));
}

TEST_CASE("the signature is HMAC-SHA256 over user and text, as another program computes it")
{
    // printf 'adit token 1\n2:ciadit1~1764182400~.github.com~443' |
    //     openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef -binary | basenc --base64url
    CHECK(sign_token(token, "ci", key) ==
          "adit1~1764182400~.github.com~443~yu6dMm9Er-A1JW3wHYhkln38C1lmZ9wX3sL3VoopDBk");
}

TEST_CASE("a token is good for its user and its key, and not if one bit of it is changed")
{
    const auto password = sign_token(token, "ci", key);
    CHECK(verdict(password, "cj") == Verdict::forged);
    CHECK(verdict(password, "") == Verdict::forged);
    CHECK(verdict(password, "ci", "0123456789abcdef0123456789abcdeg") == Verdict::forged);
    CHECK(verdict(password + "A") == Verdict::forged);
    CHECK(verdict("") == Verdict::forged);
    CHECK(verdict("secret") == Verdict::forged);
    for (std::size_t i = 0; i < password.size(); ++i) {
        auto changed = password;
        changed[i] = changed[i] == '4' ? '5' : '4';
        CAPTURE(changed);
        CHECK(verdict(changed) == Verdict::forged);
    }
    // Rights cannot be cut off, nor the time stretched.
    auto wider = password;
    CHECK(verdict(wider.replace(wider.find(".github.com"), 11, "")) == Verdict::forged);
}

TEST_CASE("user and text of a token do not run into one another")
{
    const auto password = sign_token({1, {}}, "ci", key);
    CHECK(verdict(password, "c", key, std::chrono::sys_seconds{}) == Verdict::forged);
    CHECK(verdict("i" + password, "c", key, std::chrono::sys_seconds{}) == Verdict::forged);
}
