// One coroutine waits, somebody on the same thread wakes it: an event without a timer and without a
// lock.
#pragma once

#include <boost/asio/any_completion_handler.hpp>

#include "src/loop/awaitable.hpp"

namespace adit {

class Wakeup {
public:
    explicit Wakeup(asio::io_context& loop) : loop_{loop} {}
    Wakeup(const Wakeup&) = delete;
    Wakeup& operator=(const Wakeup&) = delete;

    // Returns after the next wake(), or at once when one has come since the last wait(). One waiter
    // at a time.
    Awaitable<void> wait();

    // Never resumes the waiter from inside: it continues when the loop comes round.
    void wake();

    // The same, but the waiter continues at once: for the last act of a handler of the loop.
    void resume();

private:
    asio::io_context& loop_;
    bool woken_ = false;
    asio::any_completion_handler<void()> waiting_;
};

}  // namespace adit
