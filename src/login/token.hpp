// Signs tokens and checks them, without a look-up: whoever holds the key makes them, and nothing
// remembers them. The key and the clock are handed in. The form is in protocols/token.hpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/token.hpp"

namespace adit::login {

// A key has at least so many bytes.
inline constexpr std::size_t shortest_token_key = 32;

// The password that goes with the user name. HMAC-SHA256 under `key`.
std::string sign_token(const protocols::Token& token, std::string_view user, std::string_view key);

// Whether the token is worth nothing any more.
bool is_expired(const protocols::Token& token, std::chrono::sys_seconds now);

struct CheckedToken {
    enum class Verdict : std::uint8_t {
        good,
        forged,   // not a token of this version, another user's, or signed with another key
        expired,  // signed with the key, and its time is over
    };
    Verdict verdict = Verdict::forged;
    std::optional<protocols::Token> token;  // good: what it says
};

// Compares in constant time. Says nothing about whether the user exists.
CheckedToken check_token(std::string_view password, std::string_view user, std::string_view key,
                         std::chrono::sys_seconds now);

}  // namespace adit::login
