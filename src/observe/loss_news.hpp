// Tells of records that were dropped because the log is full, without filling another log with it:
// one line a second at most, which counts those that no line has told of.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace adit::observe {

// For one thread at a time. The time is handed in.
class LossNews {
public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::chrono::seconds pause{1};

    // One record was dropped.
    void lost();

    // The line for the program's log, if one is due.
    std::optional<std::string> tell(Time now);

    // When the next line is due; nothing when all has been told.
    std::optional<Time> due() const;

    std::uint64_t total() const { return total_; }

private:
    std::uint64_t total_ = 0;
    std::uint64_t untold_ = 0;
    std::optional<Time> told_;
};

}  // namespace adit::observe
