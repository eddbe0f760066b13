#include "src/review/squid_box.hpp"

#include <algorithm>

namespace adit::review::squid {
namespace {

bool within(const policy::Network& inner, const policy::Network& outer)
{
    return inner.prefix >= outer.prefix && outer.contains(inner.address);
}

// Whether every name that `inner` means is meant by `outer`.
bool within(const std::string& inner, const std::string& outer)
{
    if (inner == outer)
        return true;
    if (!outer.starts_with("*."))
        return false;
    const auto suffix = std::string_view{outer}.substr(1);
    return inner.size() > suffix.size() && inner.ends_with(suffix);
}

// The entries of each that lie within an entry of the other: networks and suffixes nest, they never
// cross.
template <class Values, class Add>
void nested(const Values& one, const Values& other, Add add)
{
    for (const auto& a : one)
        for (const auto& b : other) {
            if (within(a, b))
                add(a);
            else if (within(b, a))
                add(b);
        }
}

bool subset(const Networks& inner, const Networks& outer)
{
    return std::ranges::all_of(inner, [&](const auto& one) {
        return std::ranges::any_of(outer, [&](const auto& all) { return within(one, all); });
    });
}

bool subset(const Hosts& inner, const Hosts& outer)
{
    return std::ranges::all_of(inner, [&](const auto& one) {
        return std::ranges::any_of(outer, [&](const auto& all) { return within(one, all); });
    });
}

bool subset(const Users& inner, const Users& outer)
{
    return outer.anyone || (!inner.anyone && std::ranges::includes(outer.names, inner.names));
}

bool subset(const policy::PortSet& inner, const policy::PortSet& outer)
{
    return intersection(inner, outer).ranges() == inner.ranges();
}

template <class Values>
bool covers(const std::optional<Field<Values>>& outer, const std::optional<Field<Values>>& inner)
{
    return !outer || (inner && subset(inner->values, outer->values));
}

}  // namespace

Networks intersection(const Networks& one, const Networks& other)
{
    Networks found;
    nested(one, other, [&](const policy::Network& network) {
        if (std::ranges::find(found, network) == found.end())
            found.push_back(network);
    });
    return found;
}

Hosts intersection(const Hosts& one, const Hosts& other)
{
    Hosts found;
    nested(one, other, [&](const std::string& host) { found.insert(host); });
    return found;
}

Users intersection(const Users& one, const Users& other)
{
    if (one.anyone)
        return other;
    if (other.anyone)
        return one;
    Users found;
    std::ranges::set_intersection(one.names, other.names,
                                  std::inserter(found.names, found.names.end()));
    return found;
}

policy::PortSet intersection(const policy::PortSet& one, const policy::PortSet& other)
{
    policy::PortSet found;
    for (const auto& a : one.ranges())
        for (const auto& b : other.ranges()) {
            const auto first = std::max(a.first, b.first);
            const auto last = std::min(a.last, b.last);
            if (first <= last)
                found.add({first, last});
        }
    return found;
}

policy::PortSet complement(const policy::PortSet& ports)
{
    policy::PortSet found;
    unsigned next = 1;
    for (const auto& range : ports.ranges()) {
        if (range.first > next)
            found.add(
                {static_cast<std::uint16_t>(next), static_cast<std::uint16_t>(range.first - 1U)});
        next = range.last + 1U;
    }
    if (next <= 65535)
        found.add({static_cast<std::uint16_t>(next), 65535});
    return found;
}

bool narrow(Box& box, Method method)
{
    if (!box.method)
        box.method = method;
    return box.method == method;
}

bool covers(const Box& outer, const Box& inner)
{
    return (!outer.method || inner.method == outer.method) &&
           covers(outer.clients, inner.clients) && covers(outer.users, inner.users) &&
           covers(outer.hosts, inner.hosts) && covers(outer.networks, inner.networks) &&
           covers(outer.ports, inner.ports);
}

}  // namespace adit::review::squid
