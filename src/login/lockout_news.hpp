// Tells the log who was locked out, without letting an attack fill it: one line in a while, which
// counts those that were not told.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "src/login/origin.hpp"

namespace adit::login {

// For any thread. The time is handed in.
class LockoutNews {
public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::chrono::seconds pause{10};

    // The line for the log, if one is due.
    std::optional<std::string> tell(const Origin& client, std::chrono::milliseconds lockout,
                                    Time now);

private:
    std::mutex mutex_;
    std::optional<Time> last_;
    std::uint64_t untold_ = 0;
};

}  // namespace adit::login
