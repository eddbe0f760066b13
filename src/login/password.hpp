// Password hashes as crypt(5) writes them: made, recognised, compared. Slow by design: never called
// on a worker.
#pragma once

#include <string>
#include <string_view>

namespace adit::login {

// True for yescrypt, bcrypt and SHA-crypt hashes that libcrypt can check; a plain password or a DES
// hash is none.
bool is_password_hash(const std::string& text);

// A new yescrypt hash with a random salt. Empty when libcrypt cannot make one (an over-long
// password, or one with NUL).
std::string hash_password(std::string_view password);

// Compares in constant time. False for a hash libcrypt does not take.
bool password_matches(std::string_view password, const std::string& hash);

}  // namespace adit::login
