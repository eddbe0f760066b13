// A set of ports, written as numbers and ranges.
#pragma once

#include <cstdint>
#include <vector>

namespace adit::policy {

struct PortRange {
    std::uint16_t first = 0;
    std::uint16_t last = 0;  // inclusive
    bool operator==(const PortRange&) const = default;
};

class PortSet {
public:
    void add(PortRange range);  // first <= last
    bool contains(std::uint16_t port) const;
    bool covers(const PortSet& other) const;                          // every port of the other
    const std::vector<PortRange>& ranges() const { return ranges_; }  // sorted, disjoint

private:
    std::vector<PortRange> ranges_;
};

}  // namespace adit::policy
