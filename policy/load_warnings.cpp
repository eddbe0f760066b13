#include "policy/load_warnings.hpp"

#include <algorithm>

#include "policy/host_index.hpp"
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

// Whether one request could match both, as far as is known before DNS and hosts aside.
bool share_request(const Rule& one, const Rule& other)
{
    return may_meet(one.listeners, other.listeners, share_name) &&
           may_meet(one.protocols, other.protocols,
                    [](auto x, auto y) { return (x.bits & y.bits) != 0; }) &&
           may_meet(one.users, other.users, share_user) &&
           may_meet(one.ports, other.ports, share_port);
}

// The first of the allow rules indexed so far that makes the denial wait; null when none does.
const LoadedRule* first_waiting(const LoadedRule& denial, std::span<const LoadedRule> rules,
                                const HostIndex& allows)
{
    for (const auto id : allows.sharing(denial.hosts))
        if (share_request(rules[id].rule, denial.rule) && !is_exception(rules[id], denial))
            return &rules[id];
    return nullptr;
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
    HostIndex allows;
    for (std::size_t i = 0; i < rules.size(); ++i) {
        const auto& loaded = rules[i];
        if (loaded.rule.action == Action::allow) {
            if (loaded.rule.hosts)
                allows.add(i, loaded.hosts);
            else
                allows.add_all(i);
            continue;
        }
        if (!loaded.rule.hosts || loaded.rule.networks)
            continue;
        if (const auto* waiting = first_waiting(loaded, rules, allows))
            reader.report().warning(
                *loaded.hosts_at,
                "the rule " + quoted(waiting->rule.name) +
                    " above is asked first and waits for the address, so these names are looked "
                    "up and may be allowed; put this rule above it");
    }
}

}  // namespace adit::policy
