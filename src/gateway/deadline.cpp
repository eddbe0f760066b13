#include "src/gateway/deadline.hpp"

namespace adit::gateway {

void Deadline::expires_after(std::chrono::milliseconds time)
{
    unlink();
    at_ = std::chrono::steady_clock::now() + time;
    all_.add(*this);
}

void Deadline::expires_within(std::chrono::milliseconds time)
{
    if (!is_linked() || at_ > std::chrono::steady_clock::now() + time)
        expires_after(time);
}

void Deadlines::add(Deadline& deadline)
{
    pending_.insert(deadline);
    arm();
}

// A timer that fires too early only finds nothing to do.
void Deadlines::arm()
{
    if (pending_.empty() || pending_.begin()->at_ >= armed_for_)
        return;
    armed_for_ = pending_.begin()->at_;
    timer_.expires_at(armed_for_);
    timer_.async_wait([this](boost::system::error_code moved) {
        if (!moved)
            expire();
    });
}

void Deadlines::expire()
{
    armed_for_ = Clock::time_point::max();
    const auto now = Clock::now();
    while (!pending_.empty() && pending_.begin()->at_ <= now) {
        auto& passed = *pending_.begin();
        passed.unlink();
        passed.passed_();
    }
    arm();
}

}  // namespace adit::gateway
