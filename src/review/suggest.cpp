#include "src/review/suggest.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include "policy/networks.hpp"
#include "policy/user_name.hpp"
#include "src/review/host_folding.hpp"
#include "src/review/replay.hpp"

namespace adit::review {
namespace {

// What a pin has cut off would be cut off again, and without the pin be let through.
bool was_cut_off(const AccessLine& line)
{
    return line.ending == "inner_mismatch" || line.ending == "inner_malformed" ||
           line.ending == "inner_timeout";
}

void note_address(const protocols::Address& address, SeenHost& seen)
{
    if (policy::classify(address, {}) == policy::Word::public_)
        seen.is_public = true;
    else
        seen.internal.insert(policy::judged_form(address, {}));
}

// The addresses that the tunnel could have used.
void note_addresses(const AccessLine& line, bool with_denied, SeenHost& seen)
{
    if (line.address)
        note_address(*line.address, seen);
    for (const auto& one : line.resolved)
        if (with_denied || one.verdict == policy::Verdict::allow)
            note_address(one.address, seen);
}

void merge(SeenHost& into, const SeenHost& other)
{
    for (const auto& [port, visitors] : other.ports)
        for (const auto& [who, more] : visitors)
            into.ports[port][who].add(more);
    into.internal.insert(other.internal.begin(), other.internal.end());
    into.is_public = into.is_public || other.is_public;
}

// Names under their patterns. Only names with nothing but public addresses are folded: a suffix
// must not reach an internal address under a name that was never seen.
std::map<std::string, SeenHost> folded(const Places& seen, std::size_t fold_from)
{
    std::set<std::string> foldable;
    for (const auto& [name, host] : seen.names)
        if (host.internal.empty())
            foldable.insert(name);
    const auto patterns = fold_hosts(foldable, fold_from);
    std::map<std::string, SeenHost> hosts;
    for (const auto& [name, host] : seen.names) {
        const auto pattern = patterns.find(name);
        merge(hosts[pattern == patterns.end() ? name : pattern->second], host);
    }
    return hosts;
}

// One thing that was seen; rules are groups of these.
struct Atom {
    Who who;
    std::string host;
    std::set<std::string> networks;
    std::uint16_t port = 0;
    Seen seen;
};

void add_atoms(const std::string& host, const SeenHost& seen, bool literal,
               std::vector<Atom>& atoms)
{
    std::set<std::string> networks;
    if (!literal && !seen.internal.empty()) {
        for (const auto& address : seen.internal)
            networks.insert(address.to_string());
        if (seen.is_public)
            networks.insert("public");
    }
    for (const auto& [port, visitors] : seen.ports)
        for (const auto& [who, times] : visitors)
            atoms.push_back({who, host, networks, port, times});
}

using Rules = std::vector<SuggestedRule>;

// The rule that holds exactly these, found by whatever else it must share.
template <class Key>
SuggestedRule& rule_for(const Key& key, std::map<Key, std::size_t>& places, Rules& rules)
{
    const auto [place, is_new] = places.emplace(key, rules.size());
    if (is_new)
        rules.emplace_back();
    return rules[place->second];
}

// Hosts that the same people visit on the same ports share a rule.
Rules group_by_host(const std::vector<Atom>& atoms)
{
    struct Visits {
        std::map<std::uint16_t, std::set<Who>> ports;
        std::set<std::string> networks;
        std::map<std::uint16_t, std::uint64_t> counts;
    };
    std::map<std::string, Visits> hosts;
    for (const auto& atom : atoms) {
        auto& visits = hosts[atom.host];
        visits.ports[atom.port].insert(atom.who);
        visits.networks = atom.networks;
        visits.counts[atom.port] += atom.seen.count;
    }
    using Key = std::tuple<std::set<std::string>, std::set<Who>, std::set<std::uint16_t>>;
    std::map<Key, std::size_t> places;
    Rules rules;
    for (const auto& [host, visits] : hosts) {
        std::map<std::set<Who>, std::set<std::uint16_t>> by_who;
        for (const auto& [port, who] : visits.ports)
            by_who[who].insert(port);
        for (const auto& [who, ports] : by_who) {
            auto& rule = rule_for(Key{visits.networks, who, ports}, places, rules);
            rule.who.assign(who.begin(), who.end());
            rule.hosts.insert(host);
            rule.networks = visits.networks;
            rule.ports = ports;
            for (const auto port : ports)
                rule.counts[host] += visits.counts.at(port);
        }
    }
    return rules;
}

// People who visit the same hosts on the same ports share a rule.
Rules group_by_who(const std::vector<Atom>& atoms)
{
    using Place = std::tuple<std::set<std::string>, std::set<std::uint16_t>>;  // networks, ports
    std::map<Who, std::map<std::string, Place>> visits;
    std::map<std::pair<Who, std::string>, std::uint64_t> counts;
    for (const auto& atom : atoms) {
        auto& [networks, ports] = visits[atom.who][atom.host];
        networks = atom.networks;
        ports.insert(atom.port);
        counts[{atom.who, atom.host}] += atom.seen.count;
    }
    using Key = std::tuple<Place, std::set<std::string>>;
    std::map<Key, std::size_t> places;
    Rules rules;
    for (const auto& [who, hosts] : visits) {
        std::map<Place, std::set<std::string>> by_place;
        for (const auto& [host, place] : hosts)
            by_place[place].insert(host);
        for (const auto& [place, names] : by_place) {
            auto& rule = rule_for(Key{place, names}, places, rules);
            rule.who.push_back(who);
            rule.hosts = names;
            std::tie(rule.networks, rule.ports) = place;
            for (const auto& name : names)
                rule.counts[name] += counts.at({who, name});
        }
    }
    return rules;
}

std::uint64_t total(const SuggestedRule& rule)
{
    std::uint64_t sum = 0;
    for (const auto& [host, count] : rule.counts)
        sum += count;
    return sum;
}

// Fewer rules read better; both ways allow exactly what was seen.
Rules group(const std::vector<Atom>& atoms)
{
    auto by_host = group_by_host(atoms);
    auto by_who = group_by_who(atoms);
    auto& rules = by_who.size() < by_host.size() ? by_who : by_host;
    std::ranges::stable_sort(
        rules, [](const auto& one, const auto& other) { return total(one) > total(other); });
    return std::move(rules);
}

// What was pinned and what was not share no rule: none would lose its pin, or get one.
void append_groups(const std::vector<Atom>& atoms, bool literal, Rules& rules)
{
    using policy::InnerProtocol;
    constexpr std::array<std::optional<InnerProtocol>, 4> pins{
        std::nullopt, InnerProtocol::tls, InnerProtocol::ssh, InnerProtocol::http};
    for (const auto kind : {Who::Kind::user, Who::Kind::uid, Who::Kind::client}) {
        for (const auto& pinned : pins) {
            std::vector<Atom> alike;
            std::ranges::copy_if(atoms, std::back_inserter(alike), [&](const Atom& atom) {
                return atom.who.kind() == kind && atom.seen.pinned == pinned;
            });
            for (auto& rule : group(alike)) {
                rule.literal = literal;
                rule.inner = pinned;
                rules.push_back(std::move(rule));
            }
        }
    }
}

// Empty: no rule can name them.
std::optional<Who> who_of(const AccessLine& line)
{
    if (!line.user.empty())
        return policy::wrong_with_user_name(line.user).empty()
                   ? std::optional{Who{line.user, {}, {}}}
                   : std::nullopt;
    if (line.client)
        return Who{{}, {}, *line.client};
    return line.uid ? std::optional{Who{{}, line.uid, {}}} : std::nullopt;
}

Seen visit_of(const AccessLine& line)
{
    Seen visit{1, tells_pin(line) ? 1U : 0U};
    if (line.pinned && can_carry(*line.protocol, *line.pinned))
        visit.pinned = line.pinned;
    return visit;
}

}  // namespace

void Seen::add(const Seen& more)
{
    if (telling == 0)
        pinned = more.pinned;
    else if (more.telling != 0 && pinned != more.pinned)
        pinned.reset();
    count += more.count;
    telling += more.telling;
}

void Observations::add(const AccessLine& line, const SuggestOptions& options)
{
    untold += line.other_destinations;
    const auto requests =
        for_each_request(line, [&](const AccessLine& request) { add_request(request, options); });
    if (requests == 0)
        ++without_request;
}

void Observations::add_request(const AccessLine& line, const SuggestOptions& options)
{
    const auto answer = recorded_answer(line);
    if (answer.kind == Answer::Kind::undecided) {
        ++unanswered;
        return;
    }
    if (answer.kind == Answer::Kind::deny && !options.with_denied) {
        ++denied;
        return;
    }
    if (was_cut_off(line)) {
        ++cut_off;
        return;
    }
    const auto who = who_of(line);
    if (!who) {
        ++nameless;
        return;
    }
    ++taken;
    first = std::min(first, line.time);
    last = std::max(last, line.time);

    auto& places = line.protocol == protocols::Protocol::udp ? udp : tunnels;
    if (const auto* literal = std::get_if<protocols::Address>(&line.target->host)) {
        places.literals[policy::judged_form(*literal, {})].ports[line.target->port][*who].add(
            visit_of(line));
        return;
    }
    auto& host = places.names[std::get<protocols::Domain>(line.target->host).text()];
    host.ports[line.target->port][*who].add(visit_of(line));
    note_addresses(line, options.with_denied, host);
}

std::vector<SuggestedRule> suggest(const Places& seen, const SuggestOptions& options)
{
    std::vector<SuggestedRule> rules;
    std::vector<Atom> atoms;
    for (const auto& [host, visits] : folded(seen, options.fold_from))
        add_atoms(host, visits, false, atoms);
    append_groups(atoms, false, rules);

    atoms.clear();
    for (const auto& [address, visits] : seen.literals)
        add_atoms(address.to_string(), visits, true, atoms);
    append_groups(atoms, true, rules);
    return rules;
}

}  // namespace adit::review
