// Gathers what the workers say of one judging of all live tunnels, and tells it in one line.
#pragma once

#include <cstddef>

#include "src/gateway/live_tunnels.hpp"
#include "src/observe/log.hpp"

namespace adit::gateway {

class JudgingAgain {
public:
    explicit JudgingAgain(observe::Log log) : log_{std::move(log)} {}

    // Begins a pass of that many workers; one that is not complete yet is given up.
    Review begin(Event event, const policy::ReloadSettings& settings, std::size_t workers);

    // What one worker says. The last one of a pass has it told.
    void add(const JudgedAgain& judged);

private:
    observe::Log log_;
    Review review_;
    JudgedAgain sum_;
    std::size_t awaited_ = 0;
};

// "reload: 2 of 40 live tunnels are no longer allowed; they are closed in 30000 ms: ..."
std::string in_words(const Review& review, const JudgedAgain& sum);

}  // namespace adit::gateway
