// The key that tokens are signed with, in a file of its own: whoever reads it can be any user.
#pragma once

#include <string>

#include "protocols/credentials.hpp"
#include "protocols/result.hpp"

namespace adit::login {

// What the file holds, white space at its end excluded: at least 32 bytes. A file that everyone on
// this machine can read is refused. The failure says what was being done, to what, and why it
// failed.
Result<protocols::Secret, std::string> read_token_key(const std::string& path);

// A new file, mode 0600, with 32 random bytes in hexadecimal digits. One that exists is left alone.
Result<void, std::string> make_token_key(const std::string& path);

}  // namespace adit::login
