// Failed logins of all workers in one place. A user name that fails from one client is answered
// more and more slowly and then locked out for a while; a client that fails with many names is
// locked out at a higher bound, for a NAT or a load balancer is not one person. It knows no
// password and keeps no name, only digests. The time is handed in.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "policy/configuration.hpp"
#include "src/login/keyed_digest.hpp"
#include "src/login/origin.hpp"

namespace adit::login {

struct LoginCounts {
    std::uint64_t failed = 0;    // wrong passwords, unknown users
    std::uint64_t lockouts = 0;  // how often somebody was locked out
    std::uint64_t locked = 0;    // logins refused unseen meanwhile
};

// For any thread. Never asked about those who were verified lately, nor by a tunnel.
class Guard {
public:
    using Time = std::chrono::steady_clock::time_point;

    struct Consequence {
        std::chrono::milliseconds hold{0};  // how long the answer to this failure is held back
        std::optional<std::chrono::milliseconds> locked_for;  // this failure began a lock-out
    };

    // Remembers at most about so many users and clients. Beyond that it forgets those whose last
    // failure is longest ago.
    explicit Guard(std::size_t most_remembered = 65'536);

    // True while the user, from there, or the whole client is locked out: then the password is not
    // looked at.
    bool locked(const Origin& client, std::string_view user, Time now);
    Consequence failed(const Origin& client, std::string_view user,
                       const policy::LoginSettings& settings, Time now);
    // Forgives the user's failures from there, not those of the client: its other names stay.
    void succeeded(const Origin& client, std::string_view user);

    LoginCounts counts() const;
    std::size_t remembered() const;

private:
    struct Entry {
        Digest key{};
        unsigned failures = 0;
        unsigned lockouts = 0;  // in a row; each lasts twice as long as the one before
        Time since;             // from when on failures are forgiven
        Time locked_until;
    };
    struct Failure {
        unsigned failures = 0;                             // with this one
        std::optional<std::chrono::milliseconds> lockout;  // that this one began
    };
    using Entries = std::list<Entry>;  // the latest failure first
    struct Shard {
        mutable std::mutex mutex;
        Entries entries;
        std::unordered_map<Digest, Entries::iterator, DigestHash> places;
    };

    Digest key_of(const Origin& client) const;
    Digest key_of(const Origin& client, std::string_view user) const;
    Shard& shard_of(const Digest& key) { return shards_[key.back() % shards_.size()]; }
    bool locked(const Digest& key, Time now);
    Entry& entry_of(Shard& shard, const Digest& key, Time now);
    Failure fail(const Digest& key, unsigned most, const policy::LoginSettings& settings, Time now);

    DigestKey digests_;
    std::size_t most_in_shard_;
    std::array<Shard, 16> shards_;
    std::atomic<std::uint64_t> failed_{0};
    std::atomic<std::uint64_t> lockouts_{0};
    std::atomic<std::uint64_t> locked_{0};
};

}  // namespace adit::login
