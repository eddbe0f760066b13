// One thread, one epoll, level-triggered. The load tool must cost less than what it measures, so there is nothing else.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include <sys/epoll.h>

#include "bench/socket.hpp"

namespace adit::bench {

using Clock = std::chrono::steady_clock;

class Loop {
public:
    // Whoever owns a watched descriptor. It may close its own descriptor in ready(), and go away with it.
    class Watcher {
    public:
        virtual ~Watcher() = default;
        virtual void ready(std::uint32_t events) = 0;
    };

    Loop();

    // A descriptor that is closed is watched no longer.
    void watch(int descriptor, std::uint32_t events, Watcher& watcher);
    void change(int descriptor, std::uint32_t events, Watcher& watcher);

    // Until `done` says so or the time has come; false when it was the time.
    bool run(const std::function<bool()>& done, Clock::time_point until);

private:
    Descriptor epoll_;
};

}  // namespace adit::bench
