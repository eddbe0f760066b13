#include "src/gateway/expiry_watch.hpp"
#include "src/platform/clocks.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace adit::gateway {

using platform::wall_clock;

using namespace std::chrono_literals;
using policy::sys_seconds;

namespace {

// Rules expire, and hold at times, by the wall clock, which people set; timers run by one that nobody sets. So it is
// looked at again this often.
constexpr std::chrono::seconds longest_wait = 30s;

}  // namespace

void ExpiryWatch::watch(std::shared_ptr<const policy::Policy> policy)
{
    policy_ = std::move(policy);
    seen_ = wall_clock();
    wait();
}

void ExpiryWatch::wait()
{
    timer_.cancel();
    const auto next = policy_->next_change(seen_);
    if (!next)
        return;
    // The year 3000 is too far away to be told in nanoseconds.
    const auto look_at = std::min(*next, wall_clock() + longest_wait);
    const auto left = look_at - std::chrono::system_clock::now();
    timer_.expires_after(std::max<std::chrono::nanoseconds>(left, 1ms));
    timer_.async_wait([this](boost::system::error_code moved) {
        if (!moved)
            look();
    });
}

void ExpiryWatch::look()
{
    const auto now = wall_clock();
    std::vector<const policy::Rule*> gone;
    for (const auto& rule : policy_->rules())
        if (rule.life.expires && *rule.life.expires > seen_ && *rule.life.expires <= now)
            gone.push_back(&rule);
    const auto next = policy_->next_change(seen_);
    const bool changed = next && *next <= now;
    seen_ = std::max(seen_, now);
    if (changed)
        changed_(gone);
    wait();
}

}  // namespace adit::gateway
