#include "src/login/hashing.hpp"

#include <utility>

#include <boost/asio/post.hpp>

namespace adit::login {

bool HashingQueue::add(const Origin& client, std::function<void()> job)
{
    {
        const std::lock_guard lock{mutex_};
        auto& jobs = jobs_[client];
        if (jobs.size() >= bounds_.one_client || count_ >= bounds_.all) {
            if (jobs.empty())
                jobs_.erase(client);
            return false;
        }
        jobs.push_back(std::move(job));
        ++count_;
        if (jobs.size() > 1)
            return true;  // its turn comes when the one before has run
        turns_.push_back(client);
    }
    expect_one_more();
    return true;
}

// Each turn is matched by one visit of a thread.
void HashingQueue::expect_one_more()
{
    boost::asio::post(pool_, [this] { run_next(); });
}

void HashingQueue::run_next()
{
    std::unique_lock lock{mutex_};
    const auto client = turns_.front();
    turns_.pop_front();
    const auto job = std::move(jobs_[client].front());
    lock.unlock();
    job();

    lock.lock();
    const auto place = jobs_.find(client);
    place->second.pop_front();
    --count_;
    if (place->second.empty()) {
        jobs_.erase(place);
        return;
    }
    turns_.push_back(client);
    lock.unlock();
    expect_one_more();
}

}  // namespace adit::login
