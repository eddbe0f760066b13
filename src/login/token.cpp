#include "src/login/token.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace adit::login {
namespace {

// The length keeps user and text from running into one another. The first line keeps a key that is
// used elsewhere, too, from signing something there that is a token here.
protocols::TokenMac mac_of(std::string_view text, std::string_view user, std::string_view key)
{
    std::string signed_words{"adit token 1\n"};
    signed_words += std::to_string(user.size()) + ':';
    signed_words.append(user).append(text);
    protocols::TokenMac mac{};
    unsigned length = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(signed_words.data()), signed_words.size(),
         mac.data(), &length);
    return mac;
}

}  // namespace

std::string sign_token(const protocols::Token& token, std::string_view user, std::string_view key)
{
    return protocols::signed_text(token, mac_of(protocols::unsigned_text(token), user, key));
}

bool is_expired(const protocols::Token& token, std::chrono::sys_seconds now)
{
    const auto at = now.time_since_epoch().count();
    return at >= 0 && static_cast<std::uint64_t>(at) >= token.expires;
}

CheckedToken check_token(std::string_view password, std::string_view user, std::string_view key,
                         std::chrono::sys_seconds now)
{
    auto read = protocols::parse_token(password);
    if (!read)
        return {};
    const auto mac = mac_of(read->text, user, key);
    if (CRYPTO_memcmp(mac.data(), read->mac.data(), mac.size()) != 0)
        return {};
    if (is_expired(read->token, now))
        return {CheckedToken::Verdict::expired, std::nullopt};
    return {CheckedToken::Verdict::good, std::move(read->token)};
}

}  // namespace adit::login
