#include "src/login/password.hpp"

#include <doctest/doctest.h>

using namespace adit::login;

TEST_CASE("a password matches the hash that was made of it, and no other does")
{
    const auto hash = hash_password("correct horse");
    CHECK(hash.starts_with("$y$"));
    CHECK(is_password_hash(hash));
    CHECK(password_matches("correct horse", hash));
    CHECK_FALSE(password_matches("correct horsE", hash));
    CHECK_FALSE(password_matches("correct hors", hash));
    CHECK_FALSE(password_matches("correct horse ", hash));
    CHECK_FALSE(password_matches("", hash));
}

TEST_CASE("a NUL does not cut a password short")
{
    using namespace std::string_view_literals;
    const auto hash = hash_password("secret");
    CHECK_FALSE(password_matches("secret\0x"sv, hash));
    CHECK_FALSE(password_matches("secret\0"sv, hash));
    CHECK(hash_password("sec\0ret"sv).empty());
}

TEST_CASE("an over-long password has no hash")
{
    CHECK(hash_password(std::string(2000, 'x')).empty());
}

TEST_CASE("bcrypt and SHA-crypt hashes of other programs are taken")
{
    // Made with `openssl passwd -5`, `openssl passwd -6` and crypt(3) for the password "secret".
    for (const std::string& hash : std::initializer_list<std::string>{
             "$5$saltsalt$0IyaXrmV7.sGNS6tirgqHLqX/G.FBvgkYA.lpPdS5sA",
             "$6$saltsalt$"
             "TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0Y77vwPZN."
             "Pq.H91p5hVO1",
             "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW",
         }) {
        CHECK_MESSAGE(is_password_hash(hash), hash);
        CHECK_MESSAGE(password_matches("secret", hash), hash);
        CHECK_MESSAGE(!password_matches("Secret", hash), hash);
    }
}

TEST_CASE("what is no strong hash is not taken for one")
{
    for (const std::string& text : std::initializer_list<std::string>{
             "",
             "secret",
             "ab",
             "abJnggxhB/yWI",                       // plain text and DES
             "$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/",  // MD5
             "$y$j9T$salt$",
             "$6$salt$tooshort",
             "$2b$10$short",  // no hash behind the salt
             "$apr1$abc$def",
             "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
         })
        CHECK_MESSAGE(!is_password_hash(text), text);
}
