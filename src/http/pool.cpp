#include "src/http/pool.hpp"

#include <algorithm>
#include <utility>

namespace adit::http {

bool PoolKey::operator==(const PoolKey& other) const
{
    const bool same_policy =
        !policy.owner_before(other.policy) && !other.policy.owner_before(policy);
    return same_policy && target == other.target && user == other.user;
}

std::unique_ptr<Upstream> Pool::take(const PoolKey& key)
{
    for (auto one = waiting_.end(); one != waiting_.begin();) {
        --one;
        if (!(one->key == key))
            continue;
        auto connection = std::move(one->connection);
        one = waiting_.erase(one);
        if (connection->is_fresh())
            return connection;
    }
    return nullptr;
}

void Pool::give(PoolKey key, std::unique_ptr<Upstream> connection)
{
    const auto of_this_key = [&](const Waiting& one) { return one.key == key; };
    const auto count = std::count_if(waiting_.begin(), waiting_.end(), of_this_key);
    if (count >= static_cast<std::ptrdiff_t>(most_of_one_key))
        waiting_.erase(std::find_if(waiting_.begin(), waiting_.end(), of_this_key));
    else if (waiting_.size() >= most)
        waiting_.pop_front();
    waiting_.push_back({std::move(key), std::move(connection), Clock::now() + longest_wait});
    arm();
}

void Pool::clear()
{
    waiting_.clear();
    timer_.cancel();
}

void Pool::arm()
{
    if (armed_ || waiting_.empty())
        return;
    armed_ = true;
    timer_.expires_at(waiting_.front().until);
    timer_.async_wait([this](boost::system::error_code) {
        armed_ = false;
        expire();
    });
}

void Pool::expire()
{
    const auto now = Clock::now();
    waiting_.remove_if([&](const Waiting& one) { return one.until <= now; });
    arm();
}

}  // namespace adit::http
