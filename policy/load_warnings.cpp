#include "policy/load_warnings.hpp"

#include <algorithm>

#include "policy/suggest.hpp"

namespace adit::policy {

namespace {

bool contains(const HostSet& hosts, const std::string& name)
{
    const auto domain = protocols::Domain::parse(name);
    return domain && hosts.contains(Host{*domain});
}

// Whether every name that the entry means is in `hosts`.
bool covers(const HostSet& hosts, const HostEntry& entry)
{
    switch (entry.kind) {
        case HostEntry::Kind::exact:
            return contains(hosts, entry.name);
        case HostEntry::Kind::suffix:
            return contains(hosts, "x." + entry.name);
        case HostEntry::Kind::any:
            return hosts.any();
    }
    return false;
}

// Suffixes either hold one another or share no name, so two lists share a name when one of them
// holds an entry of the other wholly.
bool share_host(const LoadedRule& one, const LoadedRule& other)
{
    const auto covered_by = [](const HostSet& hosts) {
        return [&hosts](const HostEntry& entry) { return covers(hosts, entry); };
    };
    return std::ranges::any_of(one.hosts, covered_by(*other.rule.hosts)) ||
           std::ranges::any_of(other.hosts, covered_by(*one.rule.hosts));
}

// An allow for some of the names that the denial means is an exception to it, and stands above it
// on purpose.
bool is_exception(const LoadedRule& allow, const LoadedRule& denial)
{
    return allow.rule.hosts && std::ranges::all_of(allow.hosts, [&](const HostEntry& entry) {
               return covers(*denial.rule.hosts, entry);
           });
}

template <class Field, class Meet>
bool may_meet(const std::optional<Field>& one, const std::optional<Field>& other, Meet meet)
{
    return !one || !other || meet(*one, *other);
}

bool share_name(const std::set<std::string, std::less<>>& one,
                const std::set<std::string, std::less<>>& other)
{
    return std::ranges::any_of(one, [&](const auto& name) { return other.contains(name); });
}

bool share_port(const PortSet& one, const PortSet& other)
{
    return std::ranges::any_of(one.ranges(), [&](const PortRange& range) {
        return std::ranges::any_of(other.ranges(), [&](const PortRange& second) {
            return range.first <= second.last && second.first <= range.last;
        });
    });
}

bool share_user(const UserSet& one, const UserSet& other)
{
    return one.anyone || other.anyone || share_name(one.names, other.names);
}

// Whether one request by name could match both, as far as is known before DNS.
bool share_request(const LoadedRule& one, const LoadedRule& other)
{
    const auto& a = one.rule;
    const auto& b = other.rule;
    return may_meet(a.listeners, b.listeners, share_name) &&
           may_meet(a.protocols, b.protocols,
                    [](auto x, auto y) { return (x.bits & y.bits) != 0; }) &&
           may_meet(a.users, b.users, share_user) && may_meet(a.ports, b.ports, share_port) &&
           may_meet(a.hosts, b.hosts,
                    [&](const HostSet&, const HostSet&) { return share_host(one, other); });
}

}  // namespace

void warn_of_unused(const Vocabulary& names, const Reader& reader)
{
    for (const auto& [name, set] : names.sets)
        if (!set.used)
            reader.report().warning(set.place, "no rule uses the set " + quoted(name));
    for (const auto& [name, group] : names.groups)
        if (!group.used)
            reader.report().warning(group.place, "no rule uses the group " + quoted(name));
}

void warn_of_late_denials(std::span<const LoadedRule> rules, const Reader& reader)
{
    for (std::size_t i = 0; i < rules.size(); ++i) {
        const auto& denial = rules[i];
        if (denial.rule.action != Action::deny || !denial.rule.hosts || denial.rule.networks)
            continue;
        const auto above = rules.first(i);
        const auto waiting = std::ranges::find_if(above, [&](const LoadedRule& other) {
            return other.rule.action == Action::allow && share_request(other, denial) &&
                   !is_exception(other, denial);
        });
        if (waiting != above.end())
            reader.report().warning(
                *denial.hosts_at,
                "the rule " + quoted(waiting->rule.name) +
                    " above is asked first and waits for the address, so these names are looked "
                    "up and may be allowed; put this rule above it");
    }
}

}  // namespace adit::policy
