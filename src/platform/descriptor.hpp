// A descriptor that is closed when its owner goes.
#pragma once

#include <utility>

#include <unistd.h>

namespace adit::platform {

class Descriptor {
public:
    Descriptor() = default;  // owns none
    explicit Descriptor(int number) : number_{number} {}
    Descriptor(Descriptor&& other) noexcept : number_{other.release()} {}
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

    int get() const { return number_; }  // -1 when there is none
    bool is_open() const { return number_ >= 0; }
    // It is the caller's from here on.
    int release() { return std::exchange(number_, -1); }

private:
    int number_ = -1;
};

}  // namespace adit::platform
