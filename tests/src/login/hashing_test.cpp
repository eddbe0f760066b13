#include "src/login/hashing.hpp"

#include <future>
#include <mutex>
#include <string>

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>
#include <boost/asio/ip/address.hpp>

using namespace adit::login;

namespace {

Origin client(const char* address)
{
    return origin_of(boost::asio::ip::make_address(address));
}

int priority_here()
{
    return ::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()));
}

// The jobs write their letter when they run; the first one waits until it is let go.
class Bench {
public:
    explicit Bench(std::size_t threads, HashingQueue::Bounds bounds = {})
        : pool_{threads}, queue_{pool_, bounds}
    {
    }

    void occupy(const char* address)
    {
        std::promise<void> begun;
        REQUIRE(queue_.add(client(address), [this, &begun] {
            begun.set_value();
            gate_.wait();
        }));
        begun.get_future().wait();
    }
    bool add(const char* address, char letter)
    {
        return queue_.add(client(address), [this, letter] {
            const std::lock_guard lock{mutex_};
            done_ += letter;
        });
    }
    void run_to_the_end(const char* address)
    {
        std::promise<void> ended;
        REQUIRE(queue_.add(client(address), [&] { ended.set_value(); }));
        ended.get_future().wait();
    }
    int priority_of_a_job(const char* address)
    {
        std::promise<int> priority;
        REQUIRE(queue_.add(client(address), [&] { priority.set_value(priority_here()); }));
        return priority.get_future().get();
    }
    std::string finish()
    {
        let_go_.set_value();
        pool_.join();
        return done_;
    }
    std::string done()
    {
        const std::lock_guard lock{mutex_};
        return done_;
    }

private:
    std::promise<void> let_go_;
    std::shared_future<void> gate_ = let_go_.get_future().share();
    std::mutex mutex_;
    std::string done_;
    boost::asio::thread_pool pool_;
    HashingQueue queue_;
};

}  // namespace

TEST_CASE("clients take turns: a flood from one delays another by a single job")
{
    Bench bench{1};
    bench.occupy("192.0.2.1");
    for (int i = 0; i < 5; ++i)
        CHECK(bench.add("192.0.2.1", 'f'));
    CHECK(bench.add("192.0.2.2", 'a'));
    CHECK(bench.add("192.0.2.3", 'b'));
    CHECK(bench.add("192.0.2.2", 'c'));
    CHECK(bench.finish() == "abfcffff");
}

TEST_CASE("one client has one password hashed at a time, however many threads there are")
{
    Bench bench{2};
    bench.occupy("192.0.2.1");
    CHECK(bench.add("192.0.2.1", 'f'));
    // While that client keeps its one thread busy, the other thread serves everybody else.
    bench.run_to_the_end("192.0.2.2");
    bench.run_to_the_end("192.0.2.3");
    CHECK(bench.done().empty());
    CHECK(bench.finish() == "f");
}

TEST_CASE("the threads that hash give way to all others of the process")
{
    const int before = priority_here();
    Bench bench{2};
    bench.occupy("192.0.2.1");
    CHECK(bench.priority_of_a_job("192.0.2.2") == 19);
    CHECK(bench.priority_of_a_job("192.0.2.3") == 19);
    CHECK(priority_here() == before);
    bench.finish();
}

TEST_CASE("the queue is bounded, for one client and for all")
{
    Bench bench{1, {3, 5}};
    bench.occupy("192.0.2.1");
    CHECK(bench.add("192.0.2.1", 'f'));
    CHECK(bench.add("192.0.2.1", 'f'));
    CHECK_FALSE(bench.add("192.0.2.1", 'f'));
    CHECK(bench.add("192.0.2.2", 'a'));
    CHECK(bench.add("192.0.2.3", 'b'));
    CHECK_FALSE(bench.add("192.0.2.4", 'c'));
    CHECK_FALSE(bench.add("192.0.2.2", 'c'));
    CHECK(bench.finish() == "abff");
}
