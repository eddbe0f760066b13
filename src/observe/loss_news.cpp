#include "src/observe/loss_news.hpp"

#include <utility>

#include <fmt/format.h>

namespace adit::observe {

void LossNews::lost()
{
    ++total_;
    ++untold_;
}

std::optional<std::string> LossNews::tell(Time now)
{
    const auto when = due();
    if (!when || now < *when)
        return std::nullopt;
    told_ = now;
    return fmt::format("access log: full, because it is written too slowly; records dropped: {}",
                       std::exchange(untold_, 0));
}

std::optional<LossNews::Time> LossNews::due() const
{
    if (untold_ == 0)
        return std::nullopt;
    return told_ ? *told_ + pause : Time{};
}

}  // namespace adit::observe
