// What a list of times comes to.
#pragma once

#include <algorithm>
#include <chrono>
#include <vector>

#include "bench/loop.hpp"

namespace adit::bench {

class Times {
public:
    void add(Clock::duration time) { times_.push_back(microseconds(time)); }
    void clear() { times_.clear(); }
    std::size_t count() const { return times_.size(); }

    // In microseconds; `share` between 0 and 1. 0 when there is nothing.
    float percentile(double share)
    {
        if (times_.empty())
            return 0;
        const auto rank = static_cast<std::size_t>(share * static_cast<double>(times_.size() - 1));
        const auto at = times_.begin() + static_cast<std::ptrdiff_t>(rank);
        std::nth_element(times_.begin(), at, times_.end());
        return *at;
    }

private:
    static float microseconds(Clock::duration time)
    {
        return std::chrono::duration<float, std::micro>(time).count();
    }

    std::vector<float> times_;
};

inline double seconds(Clock::duration time)
{
    return std::chrono::duration<double>(time).count();
}

}  // namespace adit::bench
