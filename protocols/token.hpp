// A token: a password that expires by itself and may reach less than its user. Its text is
//
//   adit1~EXPIRES~HOSTS~PORTS~MAC
//
// EXPIRES are seconds since 1970. HOSTS and PORTS are lists with commas, empty when the token is as
// good as its user: `github.com` is that name, `.github.com` every name below it, `8000-8099` a
// range. MAC is HMAC-SHA256 over user and text, base64url without padding (RFC 4648 §5). Everything
// is made of characters that stand for themselves in a URL, and has one spelling. No more than 255
// bytes: RFC 1929 carries no more. Here it is only read and written; src/login/token.hpp signs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/target.hpp"

namespace adit::protocols {

inline constexpr std::size_t longest_token = 255;

// What a token may reach of that which its user may.
struct TokenRights {
    struct Name {
        std::string text;    // canonical, as Domain makes it
        bool below = false;  // every name below it, at any depth, but not the name itself
        bool operator==(const Name&) const = default;
    };
    struct Ports {
        std::uint16_t first = 0;
        std::uint16_t last = 0;  // inclusive, not below `first`
        bool operator==(const Ports&) const = default;
    };

    std::vector<Name> hosts;   // empty: every host; otherwise an address is none of them
    std::vector<Ports> ports;  // empty: every port

    bool cover(const Target& target) const;
    bool operator==(const TokenRights&) const = default;
};

struct Token {
    std::uint64_t expires = 0;  // seconds since 1970, below 10^11; from then on it is worth nothing
    TokenRights rights;
    bool operator==(const Token&) const = default;
};

using TokenMac = std::array<std::uint8_t, 32>;

struct SignedToken {
    Token token;
    std::string_view text;  // what the MAC is about, besides the user; a view of what was read
    TokenMac mac{};
};

// Whether the password is meant to be a token, of this version or another.
bool is_token(std::string_view password);

// Empty when it is no token of this version in its one spelling, or too long.
std::optional<SignedToken> parse_token(std::string_view password);

// The text before "~MAC", and the whole. The rights must be canonical.
std::string unsigned_text(const Token& token);
std::string signed_text(const Token& token, const TokenMac& mac);

}  // namespace adit::protocols
