// Checks credentials without ever hashing on a worker: a cache of what was lately verified answers
// at once, everything else goes to a small pool of threads and comes back.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include <boost/asio/thread_pool.hpp>

#include "policy/configuration.hpp"
#include "protocols/credentials.hpp"
#include "src/gateway/awaitable.hpp"
#include "src/gateway/wakeup.hpp"

namespace adit::login {

// One a worker, used on that worker's thread only; the pool is shared.
class Authenticator {
public:
    // `pool` and `executor` outlive this object, and so does every check begun here: join the pool
    // first.
    Authenticator(boost::asio::io_context& loop, boost::asio::thread_pool& pool);

    // True when `users` holds the user and the password matches. Unknown users cost the same time
    // as known ones. `wakeup` is the caller's: waking it from elsewhere ends the wait early, and
    // then there is no answer.
    Awaitable<std::optional<bool>> verify(const policy::Users& users,
                                          const protocols::Credentials& credentials,
                                          Wakeup& wakeup);

private:
    using Clock = std::chrono::steady_clock;
    // Keyed digest of user, password and stored hash: a changed hash makes another digest, and is
    // out at once.
    using Digest = std::array<std::uint8_t, 32>;
    struct Check;

    Digest digest_of(const protocols::Credentials& credentials, std::string_view hash) const;
    std::shared_ptr<Check> begin(const Digest& digest, const protocols::Credentials& credentials,
                                 const std::string& hash, bool known);
    void finished(const Digest& digest, const std::shared_ptr<Check>& check, bool matches);
    void remember(const Digest& digest);
    bool remembers(const Digest& digest);

    boost::asio::io_context& loop_;
    boost::asio::thread_pool& pool_;
    std::array<std::uint8_t, 32> key_;
    std::map<Digest, Clock::time_point> verified_;  // until when each is trusted without hashing
    std::map<Digest, std::shared_ptr<Check>> running_;  // equal credentials wait for one hash
};

}  // namespace adit::login
