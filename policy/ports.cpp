#include "policy/ports.hpp"

#include <algorithm>

namespace adit::policy {

void PortSet::add(PortRange range)
{
    ranges_.push_back(range);
    std::ranges::sort(ranges_, {}, &PortRange::first);

    // Ranges that overlap or touch become one.
    std::size_t kept = 0;
    for (std::size_t i = 1; i < ranges_.size(); ++i) {
        if (ranges_[i].first <= ranges_[kept].last + 1)
            ranges_[kept].last = std::max(ranges_[kept].last, ranges_[i].last);
        else
            ranges_[++kept] = ranges_[i];
    }
    ranges_.resize(kept + 1);
}

bool PortSet::contains(std::uint16_t port) const
{
    const auto behind = std::ranges::upper_bound(ranges_, port, {}, &PortRange::first);
    return behind != ranges_.begin() && port <= std::prev(behind)->last;
}

bool PortSet::covers(const PortSet& other) const
{
    return std::ranges::all_of(other.ranges_, [&](const PortRange& wanted) {
        const auto behind = std::ranges::upper_bound(ranges_, wanted.first, {}, &PortRange::first);
        return behind != ranges_.begin() && wanted.last <= std::prev(behind)->last;
    });
}

}  // namespace adit::policy
