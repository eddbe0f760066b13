// `adit token`: short-lived credentials for a user.
#pragma once

#include <string>
#include <vector>

namespace adit::cli {

struct TokenOptions {
    std::string user;
    std::string ttl;
    std::vector<std::string> hosts;  // as in a rule's `hosts`
    std::vector<std::string> ports;  // as in a rule's `ports`
    std::string config;              // names the key, and says who is a user
    std::string key_file;            // instead of `config`
    std::string at;                  // when the time to live begins; empty: now
    std::string new_key;             // make this file, and no token
};

int token(const TokenOptions& options);

}  // namespace adit::cli
