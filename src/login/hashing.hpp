// The queue before the threads that hash passwords. Clients take turns and each has one password
// hashed at a time, so a flood from one does not keep others waiting; and the threads give way to all
// others of the process, so no flood keeps tunnels waiting.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>

#include <boost/asio/thread_pool.hpp>

#include "src/login/origin.hpp"

namespace adit::login {

// For any thread.
class HashingQueue {
public:
    struct Bounds {
        std::size_t one_client = 128;  // jobs that wait or run
        std::size_t all = 4096;
    };

    // `pool` outlives this object's last job: join it before this is destroyed.
    explicit HashingQueue(boost::asio::thread_pool& pool) : HashingQueue{pool, Bounds{}} {}
    HashingQueue(boost::asio::thread_pool& pool, Bounds bounds) : pool_{pool}, bounds_{bounds} {}

    // False when the queue is full, for this client or for all: then the job will never run.
    bool add(const Origin& client, std::function<void()> job);

private:
    using Jobs = std::deque<std::function<void()>>;  // the first one runs or is next

    void run_next();
    void expect_one_more();

    boost::asio::thread_pool& pool_;
    const Bounds bounds_;
    std::mutex mutex_;
    std::map<Origin, Jobs> jobs_;
    std::deque<Origin> turns_;  // clients with a job that may start, the next one first
    std::size_t count_ = 0;
};

}  // namespace adit::login
