#include "src/review/squid_box.hpp"

#include <algorithm>

namespace adit::review::squid {
namespace {

bool within(const policy::Network& inner, const policy::Network& outer)
{
    return inner.prefix >= outer.prefix && outer.contains(inner.address);
}

// Neither a suffix nor a regular expression.
bool is_name(const HostEntry& entry)
{
    return !entry.pattern && !entry.text.starts_with("*.");
}

// Whether every name that `inner` means is meant by `outer`.
bool within(const HostEntry& inner, const HostEntry& outer)
{
    if (inner == outer)
        return true;
    if (inner.pattern)
        return false;  // perhaps
    if (outer.pattern)
        return is_name(inner) && outer.pattern->matches(inner.text);
    if (!outer.text.starts_with("*."))
        return false;
    const auto suffix = std::string_view{outer.text}.substr(1);
    return inner.text.size() > suffix.size() && inner.text.ends_with(suffix);
}

// The entries of each that lie within an entry of the other: networks and suffixes nest, they never
// cross. Regular expressions may.
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

std::ptrdiff_t count_patterns(const Hosts& hosts)
{
    return std::ranges::count_if(hosts,
                                 [](const HostEntry& host) { return host.pattern.has_value(); });
}

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
    nested(one, other, [&](const HostEntry& host) { found.insert(host); });
    return found;
}

bool is_exact(const Hosts& one, const Hosts& other)
{
    const auto can_tell = [](const HostEntry& a, const HostEntry& b) {
        return (!a.pattern && !b.pattern) || is_name(a) || is_name(b) || a == b;
    };
    return std::ranges::all_of(one, [&](const HostEntry& a) {
        return std::ranges::all_of(other, [&](const HostEntry& b) { return can_tell(a, b); });
    });
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

bool narrow(Box& box, const Week& week)
{
    const auto both = box.when ? *box.when & week : week;
    if (!both.all())
        box.when = both;
    return both.any();
}

bool covers(const Box& outer, const Box& inner)
{
    const bool outlasts = !outer.when || (inner.when && (*inner.when & ~*outer.when).none());
    if (!outlasts)
        return false;
    return (!outer.method || inner.method == outer.method) &&
           covers(outer.clients, inner.clients) && covers(outer.users, inner.users) &&
           covers(outer.hosts, inner.hosts) && covers(outer.networks, inner.networks) &&
           covers(outer.ports, inner.ports);
}

}  // namespace adit::review::squid
