// A descriptor that is closed when its owner goes, and a wait for it that ends in time.
#pragma once

#include <chrono>
#include <utility>

#include <unistd.h>

namespace adit::connect {

class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_{number} {}
    Descriptor(Descriptor&& other) noexcept : number_{std::exchange(other.number_, -1)} {}
    Descriptor& operator=(Descriptor&& other) noexcept
    {
        std::swap(number_, other.number_);
        return *this;
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor()
    {
        if (number_ >= 0)
            ::close(number_);
    }

    int get() const { return number_; }
    bool is_open() const { return number_ >= 0; }

private:
    int number_ = -1;
};

using Clock = std::chrono::steady_clock;
using Moment = Clock::time_point;

// What is left until then, in whole milliseconds, rounded up; never negative.
std::chrono::milliseconds left_until(Moment moment);

// Waits for `events` of poll(2), or an error, on the descriptor. False when the time is over.
bool wait_for(int descriptor, short events, Moment until);

}  // namespace adit::connect
