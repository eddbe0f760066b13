#include "bench/loop.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace adit::bench {
namespace {

int milliseconds_until(Clock::time_point until)
{
    if (until == Clock::time_point::max())
        return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

}  // namespace

Loop::Loop() : epoll_{::epoll_create1(EPOLL_CLOEXEC)}
{
    if (epoll_.get() < 0)
        throw std::system_error{errno, std::generic_category(), "epoll_create1"};
}

void Loop::watch(int descriptor, std::uint32_t events, Watcher& watcher)
{
    epoll_event event{events, {.ptr = &watcher}};
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) != 0)
        throw std::system_error{errno, std::generic_category(), "epoll_ctl"};
}

void Loop::change(int descriptor, std::uint32_t events, Watcher& watcher)
{
    epoll_event event{events, {.ptr = &watcher}};
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, descriptor, &event) != 0)
        throw std::system_error{errno, std::generic_category(), "epoll_ctl"};
}

bool Loop::run(const std::function<bool()>& done, Clock::time_point until)
{
    std::array<epoll_event, 256> events;
    while (!done()) {
        if (Clock::now() >= until)
            return false;
        const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                       milliseconds_until(until));
        for (int i = 0; i < count; ++i) {
            const auto& event = events[static_cast<std::size_t>(i)];
            static_cast<Watcher*>(event.data.ptr)->ready(event.events);
        }
    }
    return true;
}

}  // namespace adit::bench
