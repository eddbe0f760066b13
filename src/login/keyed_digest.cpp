#include "src/login/keyed_digest.hpp"

#include <stdexcept>
#include <string>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

namespace adit::login {

DigestKey::DigestKey()
{
    if (RAND_bytes(key_.data(), static_cast<int>(key_.size())) != 1)
        throw std::runtime_error{"the system's random source does not answer"};
}

Digest DigestKey::of(std::initializer_list<std::string_view> fields) const
{
    std::size_t size = 0;
    for (const auto field : fields)
        size += field.size() + 24;
    std::string text;
    text.reserve(size);  // never grows: a left buffer would not be wiped
    for (const auto field : fields)
        text.append(std::to_string(field.size())).append(":").append(field);
    Digest digest{};
    unsigned length = 0;
    HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &length);
    OPENSSL_cleanse(text.data(), text.size());
    return digest;
}

}  // namespace adit::login
