#include "src/gateway/wakeup.hpp"

#include <utility>

#include <boost/asio/post.hpp>

namespace adit {

Awaitable<void> Wakeup::wait()
{
    if (!woken_)
        co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(
            [this](auto handler) { waiting_ = std::move(handler); },
            asio::use_awaitable_t<Executor>{});
    woken_ = false;
}

void Wakeup::wake()
{
    woken_ = true;
    if (waiting_)
        asio::post(loop_, std::exchange(waiting_, {}));
}

}  // namespace adit
