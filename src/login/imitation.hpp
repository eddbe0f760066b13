// What a name without a password is checked against, so that the time it takes does not tell who
// exists. Keeps the kinds of hashes that users have and how many have each, not the users: a choice
// takes as long for a hundred thousand of them as for three.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/configuration.hpp"
#include "src/login/keyed_digest.hpp"

namespace adit::login {

class Imitation {
public:
    // Walks all users, once.
    explicit Imitation(const policy::Users& users);

    // The hash of a user of some kind, chosen by the name under a key that nobody knows. A name gets
    // the same one each time, also while users of the same kinds come and go, but for a few names;
    // and all names get hashes of all kinds as often as users have them. One of the usual kind where
    // no user has a password. Valid as long as this object.
    const std::string& of(std::string_view name, const DigestKey& key) const;

private:
    struct Kind {
        std::string hash;         // of one of the users who have this kind
        std::uint64_t up_to = 0;  // how many users have this kind or one before it
    };
    std::vector<Kind> kinds_;
};

}  // namespace adit::login
