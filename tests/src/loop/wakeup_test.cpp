#include "src/loop/wakeup.hpp"

#include <doctest/doctest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

using namespace adit;

namespace {

struct Waiter {
    asio::io_context loop{1};
    Wakeup wakeup{loop};
    int returned = 0;

    void wait()
    {
        asio::co_spawn(loop, wakeup.wait(), [this](const std::exception_ptr&) { ++returned; });
        loop.restart();
        loop.poll();
    }
};

}  // namespace

TEST_CASE("a waiter continues when it is woken, and not before")
{
    Waiter waiter;
    waiter.wait();
    CHECK(waiter.returned == 0);
    waiter.wakeup.wake();
    CHECK(waiter.returned == 0);  // never from inside wake()
    waiter.loop.restart();
    waiter.loop.poll();
    CHECK(waiter.returned == 1);
}

TEST_CASE("a wake before the wait is remembered, once")
{
    Waiter waiter;
    waiter.wakeup.wake();
    waiter.wakeup.wake();
    waiter.wait();
    CHECK(waiter.returned == 1);
    waiter.wait();
    CHECK(waiter.returned == 1);
    waiter.wakeup.wake();
    waiter.loop.restart();
    waiter.loop.poll();
    CHECK(waiter.returned == 2);
}

TEST_CASE("a waiter that is resumed continues at once, from a handler of the loop")
{
    Waiter waiter;
    waiter.wait();
    int returned_inside = 0;
    asio::post(waiter.loop, [&] {
        waiter.wakeup.resume();
        returned_inside = waiter.returned;
    });
    waiter.loop.restart();
    waiter.loop.poll();
    CHECK(waiter.returned == 1);
    CHECK(returned_inside == 1);
}
