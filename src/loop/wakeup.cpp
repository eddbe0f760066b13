#include "src/loop/wakeup.hpp"

#include <utility>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

namespace adit {

Awaitable<void> Wakeup::wait()
{
    if (!woken_)
        co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(
            [this](auto handler) {
                // Move assignment of any_completion_handler recurses for ever in Boost 1.81.
                asio::any_completion_handler<void()>{std::move(handler)}.swap(waiting_);
            },
            asio::use_awaitable_t<Executor>{});
    woken_ = false;
}

void Wakeup::wake()
{
    woken_ = true;
    if (waiting_)
        asio::post(loop_, std::move(waiting_));
}

void Wakeup::resume()
{
    woken_ = true;
    if (waiting_)
        asio::dispatch(loop_, std::move(waiting_));
}

}  // namespace adit
