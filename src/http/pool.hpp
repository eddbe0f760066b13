// Connections to destinations that wait for another request. Small, bounded, and short-lived.
#pragma once

#include <chrono>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "protocols/target.hpp"
#include "src/http/upstream.hpp"
#include "src/loop/awaitable.hpp"

namespace adit::http {

// Who may use a connection again: the same user, for the same target, under the same policy. The
// address is judged again for each request all the same.
struct PoolKey {
    protocols::Target target;
    std::string user;
    std::weak_ptr<const void> policy;  // the snapshot

    bool operator==(const PoolKey& other) const;
};

// Belongs to a worker, used on its thread.
class Pool {
public:
    explicit Pool(asio::io_context& loop) : timer_{loop} {}
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    // The connection that has waited shortest, if one is still fresh.
    std::unique_ptr<Upstream> take(const PoolKey& key);

    // Keeps it for a while. When there are too many, the one that has waited longest is closed.
    void give(PoolKey key, std::unique_ptr<Upstream> connection);

    void clear();
    std::size_t size() const { return waiting_.size(); }

    static constexpr std::size_t most = 64;
    static constexpr std::size_t most_of_one_key = 8;
    static constexpr std::chrono::seconds longest_wait{15};

private:
    using Clock = std::chrono::steady_clock;
    struct Waiting {
        PoolKey key;
        std::unique_ptr<Upstream> connection;
        Clock::time_point until;
    };

    void expire();
    void arm();

    std::list<Waiting> waiting_;  // oldest first
    Timer timer_;
    bool armed_ = false;
};

}  // namespace adit::http
