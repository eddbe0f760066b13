// libxcrypt does the hashing; OpenSSL compares and wipes.
#include "src/login/password.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include <crypt.h>
#include <openssl/crypto.h>

namespace adit::login {
namespace {

// crypt_data is 32 KiB and holds traces of the password: on the heap, and wiped.
struct Wiped {
    void operator()(crypt_data* scratch) const
    {
        OPENSSL_cleanse(scratch, sizeof *scratch);
        delete scratch;
    }
};

// crypt_r wants a C string: a password with a NUL would be cut short there, so it matches nothing.
std::string crypt(std::string_view password, const std::string& setting)
{
    if (password.find('\0') != std::string_view::npos)
        return {};
    const std::unique_ptr<crypt_data, Wiped> scratch{new crypt_data{}};
    std::string phrase{password};
    const char* made = ::crypt_r(phrase.c_str(), setting.c_str(), scratch.get());
    OPENSSL_cleanse(phrase.data(), phrase.size());
    return made == nullptr || made[0] == '*' ? std::string{} : std::string{made};
}

}  // namespace

bool is_password_hash(const std::string& text)
{
    // crypt_checksalt takes a plain two-letter word for a DES salt, and a salt without a hash for a
    // good one: so only these prefixes, each with as many characters behind its last `$` as its
    // hashes have.
    struct Kind {
        std::string_view prefix;
        std::size_t tail;
    };
    constexpr std::array<Kind, 7> kinds{{{"$y$", 43},
                                         {"$7$", 43},
                                         {"$2b$", 53},
                                         {"$2a$", 53},
                                         {"$2y$", 53},
                                         {"$5$", 43},
                                         {"$6$", 86}}};
    const auto kind = std::find_if(kinds.begin(), kinds.end(),
                                   [&](const Kind& one) { return text.starts_with(one.prefix); });
    if (kind == kinds.end() || text.find('\0') != std::string::npos ||
        text.size() - (text.rfind('$') + 1) != kind->tail)
        return false;
    // SHA-256 counts as legacy there, and no legacy method that is weak has passed the table above.
    const int verdict = ::crypt_checksalt(text.c_str());
    return verdict == CRYPT_SALT_OK || verdict == CRYPT_SALT_METHOD_LEGACY ||
           verdict == CRYPT_SALT_TOO_CHEAP;
}

std::string hash_password(std::string_view password)
{
    std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting{};
    if (::crypt_gensalt_rn("$y$", 0, nullptr, 0, setting.data(), setting.size()) == nullptr)
        return {};
    return crypt(password, setting.data());
}

bool password_matches(std::string_view password, const std::string& hash)
{
    const auto made = crypt(password, hash);
    return !made.empty() && made.size() == hash.size() &&
           CRYPTO_memcmp(made.data(), hash.data(), made.size()) == 0;
}

}  // namespace adit::login
