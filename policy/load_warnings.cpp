#include "policy/load_warnings.hpp"

#include <algorithm>

#include "policy/covers.hpp"
#include "policy/host_index.hpp"
#include "policy/internal_ranges.hpp"
#include "policy/moment.hpp"
#include "policy/suggest.hpp"

namespace adit::policy {

namespace {

// An allow for some of the names that the denial means is an exception to it, and stands above it
// on purpose.
bool is_exception(const LoadedRule& allow, const LoadedRule& denial)
{
    return allow.rule.hosts && denial.rule.hosts->covers(*allow.rule.hosts);
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

// Whether one network of a set lies within the other set's, or might have a word of it. Any address
// may be one of the gateway's own.
bool some_network_in(const NetworkSet& one, const NetworkSet& other)
{
    return std::ranges::any_of(one.networks(), [&](const Network& network) {
        const auto word = word_of_whole(network);
        return other.covers(network) || other.has(Word::self) ||
               (word ? other.has(*word) : other.has_any_word());
    });
}

bool share_client(const NetworkSet& one, const NetworkSet& other)
{
    return one.shares_word_with(other) || some_network_in(one, other) ||
           some_network_in(other, one);
}

// Whether one request could match both, as far as is known before DNS and hosts aside.
bool share_request(const Rule& one, const Rule& other)
{
    return may_meet(one.listeners, other.listeners, share_name) &&
           may_meet(one.protocols, other.protocols,
                    [](auto x, auto y) { return (x.bits & y.bits) != 0; }) &&
           may_meet(one.users, other.users, share_user) &&
           may_meet(one.clients, other.clients, share_client) &&
           may_meet(one.uids, other.uids,
                    [](const auto& x, const auto& y) {
                        return std::ranges::any_of(x, [&](auto uid) { return y.contains(uid); });
                    }) &&
           may_meet(one.ports, other.ports, share_port);
}

// Whether what the allow leaves out is, as far as hosts go, what the denial means.
bool leaves_out(const LoadedRule& allow, const LoadedRule& denial)
{
    const auto& excluded = allow.rule.excluded;
    return excluded && excluded->hosts && excluded->hosts->covers(*denial.rule.hosts);
}

// The first of the allow rules indexed so far that makes the denial wait; null when none does.
const LoadedRule* first_waiting(const LoadedRule& denial, std::span<const LoadedRule> rules,
                                const HostIndex& allows)
{
    const auto waits = [&](std::size_t id) {
        return share_request(rules[id].rule, denial.rule) && !is_exception(rules[id], denial) &&
               !leaves_out(rules[id], denial);
    };
    auto first = rules.size();
    const auto consider = [&](const std::vector<HostIndex::Id>& ids) {
        if (const auto found = std::ranges::find_if(ids, waits); found != ids.end())
            first = std::min(first, *found);
    };
    consider(allows.for_every_name());
    consider(allows.sharing(denial.hosts));
    return first == rules.size() ? nullptr : &rules[first];
}

// A request such that whatever covers the rule is among the index's candidates for it: its fields are
// taken from what the rule names, and where it names nothing they are what no rule names.
struct Sample {
    explicit Sample(const LoadedRule& loaded)
        : destination{first_network(loaded.rule.networks).value_or(Address{}), {}}
    {
        const auto& rule = loaded.rule;
        if (rule.users && !rule.users->names.empty())
            subject.user = *rule.users->names.begin();
        subject.client = first_network(rule.clients);
        if (rule.ports && !rule.ports->ranges().empty())
            target.port = rule.ports->ranges().front().first;
        if (!loaded.hosts.empty() && !loaded.hosts.front().pattern) {
            const auto& entry = loaded.hosts.front();
            const bool below = entry.kind == HostEntry::Kind::suffix;
            if (const auto name = protocols::Domain::parse((below ? "x." : "") + entry.name))
                target.host = *name;
        }
    }

    Subject subject;
    Target target{Address{}, 0};
    Destination destination;

private:
    static std::optional<Address> first_network(const std::optional<NetworkSet>& networks)
    {
        if (!networks || networks->networks().empty())
            return std::nullopt;
        return networks->networks().front().address;
    }
};

// Rules are compared this often at most: a file of ten thousand rules that differ in nothing the index
// knows is loaded all the same, and the rest of it not warned of.
constexpr std::size_t most_comparisons = 4'000'000;

bool is_every_port(const std::optional<PortSet>& ports)
{
    PortSet all;
    all.add({1, 65535});
    return !ports || ports->covers(all);
}

// The internet, whatever else.
bool reaches_public(const std::optional<NetworkSet>& networks)
{
    return !networks || networks->has(Word::public_) ||
           std::ranges::any_of(networks->networks(),
                               [](const Network& one) { return one.prefix == 0; });
}

bool is_small_number(std::string_view label)
{
    return !label.empty() && label.size() <= 3 &&
           std::ranges::all_of(label, [](char c) { return c >= '0' && c <= '9'; });
}

// How many of the first parts, cut at `mark`, could be a byte of an IPv4 address.
std::size_t leading_numbers(std::string_view name, char mark)
{
    std::size_t count = 0;
    while (true) {
        const auto end = name.find(mark);
        if (!is_small_number(name.substr(0, end)))
            return count;
        ++count;
        if (end == name.npos)
            return count;
        name.remove_prefix(end + 1);
    }
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
        if (loaded.rule.observe)
            continue;
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

void warn_of_shadowed(std::span<const LoadedRule> rules, const RuleIndex& index,
                      const Reader& reader)
{
    auto left = most_comparisons;
    for (std::size_t i = 0; i < rules.size(); ++i) {
        const Sample sample{rules[i]};
        auto above = index.candidates(sample.subject, sample.target, &sample.destination);
        for (auto id = above.next(); id < i && left > 0; id = above.next(), --left) {
            if (!covers(rules[id].rule, rules[i].rule))
                continue;
            reader.report().warning(rules[i].place,
                                    "this rule can never match, for " + called(rules[id]) +
                                        " above matches whatever it matches; put this one above "
                                        "it, or take it out");
            break;
        }
    }
}

void warn_of_open_rules(std::span<const LoadedRule> rules, const Reader& reader)
{
    for (const auto& loaded : rules) {
        const auto& rule = loaded.rule;
        if (rule.action != Action::allow || rule.observe || names_anybody(rule) || rule.excluded)
            continue;
        if ((!rule.hosts || rule.hosts->any()) && is_every_port(rule.ports) &&
            reaches_public(rule.networks))
            reader.report().warning(loaded.place,
                                    "this rule is open to everyone on every port, mail (25) and "
                                    "remote desktops included; name \"ports\" like [80, 443], or "
                                    "\"users\", or \"clients\"");
    }
}

void warn_of_expiry(std::span<const LoadedRule> rules, std::optional<sys_seconds> now,
                    const Reader& reader)
{
    constexpr std::chrono::days soon{7};
    if (!now)
        return;
    for (const auto& loaded : rules) {
        const auto& expires = loaded.rule.life.expires;
        if (!expires || *expires > *now + soon)
            continue;
        const bool over = *expires <= *now;
        reader.report().warning(
            *loaded.expires_at,
            over ? "this rule expired at " + to_text(*expires) +
                       " and matches nothing any more; take it out, or give it a later day"
                 : "this rule expires at " + to_text(*expires) +
                       ", within a week; give it a later day if it is still needed");
    }
}

std::string looks_like_address(const HostEntry& entry)
{
    if (entry.kind == HostEntry::Kind::pattern)
        return {};
    const std::string_view name = entry.name;
    const auto written = quoted((entry.kind == HostEntry::Kind::suffix ? "*." : "") + entry.name);
    if (name == "in-addr.arpa" || name == "ip6.arpa" || name.ends_with(".in-addr.arpa") ||
        name.ends_with(".ip6.arpa"))
        return written +
               " is how DNS writes an address backwards, and what an address resolves "
               "back to is never asked; write the address or its network in \"networks\"";
    const auto numbers = leading_numbers(name, '.');
    const bool dotted = numbers >= 4 || (numbers == 3 && std::ranges::count(name, '.') == 3);
    const bool dashed = leading_numbers(name.substr(0, name.find('.')), '-') == 4;
    if (dotted || dashed)
        return written +
               " looks like an address, but is a name, and only that name is matched; "
               "if the address is meant, write it in \"networks\"";
    return {};
}

}  // namespace adit::policy
