#include "src/login/hashing.hpp"

#include <utility>

#include <boost/asio/post.hpp>

#include "src/platform/system.hpp"

namespace adit::login {
namespace {

// A flood of passwords must not take from the workers what their tunnels need. The pool makes its
// threads by itself, so each one sees to it at its first job.
void give_way_once()
{
    thread_local bool gives_way = false;
    if (!std::exchange(gives_way, true))
        platform::give_way();
}

}  // namespace

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
    give_way_once();
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
