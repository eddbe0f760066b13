#include "src/dial/eyeballs.hpp"

namespace adit::dial {
namespace {

Family other(Family family)
{
    return family == Family::ipv4 ? Family::ipv6 : Family::ipv4;
}

}  // namespace

void Eyeballs::answered(Family family, const std::vector<Address>& addresses, TimePoint now)
{
    auto& into = queue(family);
    into.answered = true;
    into.addresses.insert(into.addresses.end(), addresses.begin(), addresses.end());
    if (begun_)
        return;
    // RFC 8305 §3: IPv4 that comes first gives IPv6 a moment; IPv6 that comes first waits for nobody.
    const bool settled = nothing_more_to_come() || !queue(Family::ipv6).addresses.empty();
    not_before_ = settled ? std::nullopt : std::optional{now + resolution_delay};
}

void Eyeballs::failed()
{
    --live_;
    not_before_.reset();
}

Eyeballs::Next Eyeballs::next(TimePoint now)
{
    if (queues_[0].addresses.empty() && queues_[1].addresses.empty())
        return live_ == 0 && nothing_more_to_come() ? Next{Exhausted{}} : Next{Wait{}};
    if (not_before_ && now < *not_before_)
        return Wait{not_before_};

    // RFC 8305 §4: the families take turns.
    const auto family = queue(preferred_).addresses.empty() ? other(preferred_) : preferred_;
    const auto address = queue(family).addresses.front();
    queue(family).addresses.pop_front();
    preferred_ = other(family);
    not_before_ = now + attempt_delay;
    begun_ = true;
    ++live_;
    return Dial{address};
}

}  // namespace adit::dial
