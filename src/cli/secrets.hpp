// What a configuration names and does not hold: the key of its tokens. Only those who need it read
// it, so that `adit explain` and `adit replay` work where the key is not.
#pragma once

#include <string>

#include "policy/configuration.hpp"
#include "protocols/result.hpp"

namespace adit::cli {

// `config` is the path of the configuration; a key's path that begins with no slash is looked up
// beside it. The failure says what is wrong with which file.
Result<void, std::string> read_secrets(policy::Configuration& configuration,
                                       const std::string& config);

}  // namespace adit::cli
