#include "src/login/lockout_news.hpp"

#include <utility>

#include <fmt/format.h>

namespace adit::login {

std::optional<std::string> LockoutNews::tell(const Origin& client,
                                             std::chrono::milliseconds lockout, Time now)
{
    const std::lock_guard lock{mutex_};
    if (last_ && now - *last_ < pause) {
        ++untold_;
        return std::nullopt;
    }
    last_ = now;
    const auto others = std::exchange(untold_, 0);
    return fmt::format("too many failed logins from {}: locked out for {:g} s{}", client.text,
                       static_cast<double>(lockout.count()) / 1000,
                       others == 0 ? "" : fmt::format(" (and {} lock-outs before)", others));
}

}  // namespace adit::login
