#include "policy/covers.hpp"

#include <algorithm>

#include "policy/internal_ranges.hpp"

namespace adit::policy {

namespace {

// An absent field matches everything, and in all fields but `networks` also what no list holds: a
// literal matches no host, nobody no user, a unix-socket client no network.
template <class Field, class Covers>
bool covers_field(const std::optional<Field>& first, const std::optional<Field>& second,
                  Covers covers)
{
    return !first || (second && covers(*first, *second));
}

template <class Set>
bool is_empty(const std::optional<Set>& set)
{
    return set && set->empty();
}

using Names = std::set<std::string, std::less<>>;

bool covers_names(const Names& first, const Names& second)
{
    return std::ranges::includes(first, second);
}

bool covers_users(const UserSet& first, const UserSet& second)
{
    return first.anyone || (!second.anyone && covers_names(first.names, second.names));
}

// By what is written alone: each word, and each network in a network. True of clients, and of what
// two denies look at: an address as judged, as written, and what hides inside it.
bool covers_entries(const NetworkSet& first, const NetworkSet& second)
{
    return first.has_words_of(second) &&
           std::ranges::all_of(second.networks(),
                               [&](const Network& network) { return first.covers(network); });
}

// What an allow reaches by one network. A wide one never reaches `metadata` and `self`; a bare
// address does, and any address may turn out to be `self`.
bool covers_allowed(const Rule& first, const NetworkSet& networks, const Network& network)
{
    if (network.is_single()) {
        const bool named =
            first.action == Action::deny ? networks.covers(network) : networks.has(network);
        return named ||
               (networks.has(Word::self) && networks.has(registered_word(network.address)));
    }
    const auto word = word_of_whole(network);
    return networks.covers(network) || (word && networks.has(*word));
}

const NetworkSet& only_public()
{
    static const auto set = [] {
        NetworkSet words;
        words.add(Word::public_);
        return words;
    }();
    return set;
}

bool covers_addresses(const Rule& first, const Rule& second)
{
    if (first.action == Action::deny && !first.networks)
        return true;
    const auto& covering = first.networks ? *first.networks : only_public();
    if (covering.has_all_words())
        return true;
    if (second.action == Action::deny)
        return first.action == Action::deny && second.networks &&
               covers_entries(covering, *second.networks);
    const auto& covered = second.networks ? *second.networks : only_public();
    return covering.has_words_of(covered) &&
           std::ranges::all_of(covered.networks(), [&](const Network& network) {
               return covers_allowed(first, covering, network);
           });
}

}  // namespace

bool covers(const Rule& first, const Rule& second)
{
    // What a list in a file holds today may be nothing; that is no fault of the rule above.
    if (is_empty(second.hosts) || is_empty(second.networks) || is_empty(second.clients))
        return false;
    if (first.observe || first.life.expires || first.when || first.excluded)
        return false;
    return covers_field(
               first.protocols, second.protocols,
               [](auto one, auto other) { return (other.bits & ~unsigned{one.bits}) == 0; }) &&
           covers_field(
               first.ports, second.ports,
               [](const PortSet& one, const PortSet& other) { return one.covers(other); }) &&
           covers_field(
               first.hosts, second.hosts,
               [](const HostSet& one, const HostSet& other) { return one.covers(other); }) &&
           covers_field(first.listeners, second.listeners, covers_names) &&
           covers_field(first.clients, second.clients, covers_entries) &&
           covers_field(first.uids, second.uids,
                        [](const auto& one, const auto& other) {
                            return std::ranges::includes(one, other);
                        }) &&
           covers_field(first.users, second.users, covers_users) && covers_addresses(first, second);
}

}  // namespace adit::policy
