// What was verified lately, by all workers: the same credentials from the same client need no
// hashing, and nothing that others do can delay them.
#pragma once

#include <array>
#include <chrono>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "protocols/credentials.hpp"
#include "src/login/keyed_digest.hpp"
#include "src/login/origin.hpp"

namespace adit::login {

// For any thread. Holds digests, never a password. The time is handed in.
class Verified {
public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::chrono::minutes trusted_for{10};  // since it was last used

    explicit Verified(std::size_t most_remembered = 65'536);

    // Of client, user, password and stored hash. A changed hash makes another digest, and is out at
    // once; somebody who tries passwords elsewhere does not profit from it.
    Digest digest_of(const Origin& client, const protocols::Credentials& credentials,
                     std::string_view hash) const;

    // True when it was added, and not left unused for so long; it is good for another while then.
    bool holds(const Digest& digest, Time now);
    void add(const Digest& digest, Time now);

private:
    struct Shard {
        std::mutex mutex;
        std::unordered_map<Digest, Time, DigestHash> until;
    };
    Shard& shard_of(const Digest& digest) { return shards_[digest.back() % shards_.size()]; }

    DigestKey digests_;
    std::size_t most_in_shard_;
    std::array<Shard, 16> shards_;
};

}  // namespace adit::login
