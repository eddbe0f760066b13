// Rings when a rule expires, so that live tunnels can be judged again without it.
#pragma once

#include <chrono>
#include <functional>

#include "policy/policy.hpp"
#include "src/gateway/awaitable.hpp"

namespace adit::gateway {

class ExpiryWatch {
public:
    // `expired` is called on the loop, with the rules that have just expired.
    using Expired = std::function<void(const std::vector<const policy::Rule*>&)>;

    ExpiryWatch(asio::io_context& loop, Expired expired)
        : timer_{loop}, expired_{std::move(expired)}
    {
    }

    // From now on the rules of this policy are watched, and no others.
    void watch(std::shared_ptr<const policy::Policy> policy);

private:
    void wait();
    void look();

    Timer timer_;
    Expired expired_;
    std::shared_ptr<const policy::Policy> policy_;
    policy::sys_seconds seen_{};  // what expired up to here has been told
};

}  // namespace adit::gateway
