// Rings when a rule expires, and when the times of one begin or end, so that live tunnels can be
// judged again.
#pragma once

#include <chrono>
#include <functional>

#include "policy/policy.hpp"
#include "src/loop/awaitable.hpp"

namespace adit::gateway {

class ExpiryWatch {
public:
    // `changed` is called on the loop, with the rules that have just expired, if any.
    using Changed = std::function<void(const std::vector<const policy::Rule*>&)>;

    ExpiryWatch(asio::io_context& loop, Changed changed)
        : timer_{loop}, changed_{std::move(changed)}
    {
    }

    // From now on the rules of this policy are watched, and no others.
    void watch(std::shared_ptr<const policy::Policy> policy);

private:
    void wait();
    void look();

    Timer timer_;
    Changed changed_;
    std::shared_ptr<const policy::Policy> policy_;
    policy::sys_seconds seen_{};  // what changed up to here has been told
};

}  // namespace adit::gateway
