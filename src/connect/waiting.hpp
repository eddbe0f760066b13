// Waiting for a descriptor, and not for ever.
#pragma once

#include <chrono>

#include "src/platform/descriptor.hpp"

namespace adit::connect {

using platform::Descriptor;
using Clock = std::chrono::steady_clock;
using Moment = Clock::time_point;

// What is left until then, in whole milliseconds, rounded up; never negative.
std::chrono::milliseconds left_until(Moment moment);

// Waits for `events` of poll(2), or an error, on the descriptor. False when the time is over.
bool wait_for(int descriptor, short events, Moment until);

}  // namespace adit::connect
