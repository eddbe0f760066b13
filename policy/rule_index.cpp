#include "policy/rule_index.hpp"

#include <algorithm>

namespace adit::policy {

namespace {

// A rule for more ports than this is filed under none of them: the lists would grow with ranges.
constexpr std::size_t most_ports = 64;

// Prefix lengths that are looked up in each family. Real files use a handful.
constexpr std::size_t most_lengths = 16;

std::size_t count_ports(const PortSet& ports)
{
    std::size_t count = 0;
    for (const auto& range : ports.ranges())
        count += static_cast<std::size_t>(range.last - range.first) + 1;
    return count;
}

template <class Each>
void for_each_port(const PortSet& ports, Each each)
{
    for (const auto& range : ports.ranges())
        for (std::uint32_t port = range.first; port <= range.last; ++port)
            each(static_cast<std::uint16_t>(port));
}

// What a regular expression fits stands nowhere.
bool names_hosts(const Rule& rule)
{
    return rule.hosts && !rule.hosts->any() && rule.hosts->patterns().empty();
}

bool names_users(const Rule& rule)
{
    return rule.users && !rule.users->anyone;
}

// Words mean too many networks.
bool names_networks(const std::optional<NetworkSet>& networks)
{
    return networks && !networks->has_any_word();
}

bool names_few_ports(const Rule& rule)
{
    return rule.ports && count_ports(*rule.ports) <= most_ports;
}

}  // namespace

// How many rules would be filed under each user, network and port if all were.
struct RuleIndex::Crowds {
    std::unordered_map<std::string_view, std::size_t> users;
    std::unordered_map<Network, std::size_t, NetworkHash> clients;
    std::unordered_map<Network, std::size_t, NetworkHash> networks;
    std::unordered_map<std::uint16_t, std::size_t> ports;

    explicit Crowds(const std::vector<const Rule*>& rules)
    {
        for (const auto* rule : rules)
            if (!names_hosts(*rule))
                count(*rule);
    }

private:
    void count(const Rule& rule)
    {
        if (names_users(rule))
            for (const auto& user : rule.users->names)
                ++users[user];
        if (names_networks(rule.clients))
            for (const auto& network : rule.clients->networks())
                ++clients[network];
        if (names_networks(rule.networks))
            for (const auto& network : rule.networks->networks())
                ++networks[network];
        if (names_few_ports(rule))
            for_each_port(*rule.ports, [this](std::uint16_t port) { ++ports[port]; });
    }
};

RuleIndex::RuleIndex(const std::vector<Rule>& rules)
{
    std::vector<const Rule*> all;
    all.reserve(rules.size());
    for (const auto& rule : rules)
        all.push_back(&rule);
    build(all);
}

RuleIndex::RuleIndex(const std::vector<const Rule*>& rules)
{
    build(rules);
}

void RuleIndex::build(const std::vector<const Rule*>& rules)
{
    const Crowds crowds{rules};
    Positions by_networks;
    for (std::uint32_t position = 0; position < rules.size(); ++position) {
        const auto field = most_telling(*rules[position], crowds, true);
        file(position, *rules[position], field);
        if (field == FiledBy::networks)
            by_networks.push_back(position);
    }
    if (by_networks.empty())
        return;
    unresolved_ = std::make_shared<RuleIndex>();
    for (const auto position : by_networks)
        unresolved_->file(position, *rules[position],
                          most_telling(*rules[position], crowds, false));
}

// Under which field the rule shares its place with the fewest others. Hosts come first: most rules of
// most files differ in them. What a `not` excludes files nothing: the rule is about all the rest.
RuleIndex::FiledBy RuleIndex::most_telling(const Rule& rule, const Crowds& crowds,
                                           bool with_networks)
{
    if (names_hosts(rule))
        return FiledBy::hosts;
    auto best = FiledBy::none;
    auto fewest = static_cast<std::size_t>(-1);
    const auto consider = [&](FiledBy field, const auto& keys, const auto& crowd) {
        std::size_t most = 0;
        for (const auto& key : keys)
            most = std::max(most, crowd.at(key));
        if (most < fewest) {
            fewest = most;
            best = field;
        }
    };
    if (names_users(rule))
        consider(FiledBy::users, rule.users->names, crowds.users);
    if (names_networks(rule.clients))
        consider(FiledBy::clients, rule.clients->networks(), crowds.clients);
    if (with_networks && names_networks(rule.networks))
        consider(FiledBy::networks, rule.networks->networks(), crowds.networks);
    if (names_few_ports(rule)) {
        std::vector<std::uint16_t> ports;
        for_each_port(*rule.ports, [&](std::uint16_t port) { ports.push_back(port); });
        consider(FiledBy::ports, ports, crowds.ports);
    }
    return best;
}

void RuleIndex::file(std::uint32_t position, const Rule& rule, FiledBy field)
{
    all_.push_back(position);
    switch (field) {
        case FiledBy::hosts:
            for (const auto& name : rule.hosts->exact())
                exact_hosts_[name].push_back(position);
            for (const auto& suffix : rule.hosts->suffixes())
                host_suffixes_[suffix].push_back(position);
            return;
        case FiledBy::users:
            for (const auto& user : rule.users->names)
                users_[user].push_back(position);
            all_with_users_.push_back(position);
            return;
        case FiledBy::clients:
            if (clients_.add(position, *rule.clients))
                return;
            break;
        case FiledBy::networks:
            if (networks_.add(position, *rule.networks))
                return;
            break;
        case FiledBy::ports:
            for_each_port(*rule.ports,
                          [&](std::uint16_t port) { ports_[port].push_back(position); });
            return;
        case FiledBy::none:
            break;
    }
    rest_.push_back(position);
}

RuleIndex::Candidates RuleIndex::candidates(const Subject& subject, const Target& target,
                                            const Destination* destination) const
{
    Candidates found;
    if (subject.unknown.contains(Fact::host) || subject.unknown.contains(Fact::port)) {
        found.add(&all_);
        return found;
    }
    find_apart_from_host(subject, target.port, found);
    if (destination != nullptr)
        find_networks(*destination, found);
    else if (unresolved_)
        unresolved_->find_apart_from_host(subject, target.port, found);

    const auto* domain = std::get_if<protocols::Domain>(&target.host);
    if (domain == nullptr)
        return found;
    const std::string_view name = domain->text();
    found.add(find(exact_hosts_, name));
    if (!host_suffixes_.empty())
        for (auto dot = name.find('.'); dot != name.npos; dot = name.find('.', dot + 1))
            found.add(find(host_suffixes_, name.substr(dot + 1)));
    return found;
}

void RuleIndex::find_apart_from_host(const Subject& subject, std::uint16_t port,
                                     Candidates& found) const
{
    found.add(&rest_);
    if (const auto at = ports_.find(port); at != ports_.end())
        found.add(&at->second);
    if (subject.unknown.contains(Fact::user))
        found.add(&all_with_users_);
    else if (!subject.user.empty())
        found.add(find(users_, subject.user));
    if (subject.unknown.contains(Fact::client))
        found.add(&clients_.all());
    else if (subject.client)
        clients_.find(written_form(*subject.client), found);
}

// In every form in which a rule may look at it.
void RuleIndex::find_networks(const Destination& destination, Candidates& found) const
{
    networks_.find(destination.judged, found);
    if (destination.written != destination.judged)
        networks_.find(destination.written, found);
    for (std::size_t i = 0; i < destination.inside_count; ++i)
        networks_.find(destination.inside[i].address, found);
}

const RuleIndex::Positions* RuleIndex::find(const ByName& names, std::string_view name)
{
    const auto found = names.find(name);
    return found == names.end() ? nullptr : &found->second;
}

bool RuleIndex::ByNetwork::add(std::uint32_t position, const NetworkSet& networks)
{
    if (!fits(networks))
        return false;
    all_.push_back(position);
    for (const auto& network : networks.networks()) {
        auto& lengths = lengths_[network.address.is_v4() ? 0 : 1];
        if (std::ranges::find(lengths, network.prefix) == lengths.end())
            lengths.push_back(network.prefix);
        positions_[network].push_back(position);
    }
    return true;
}

bool RuleIndex::ByNetwork::fits(const NetworkSet& networks) const
{
    auto lengths = lengths_;
    for (const auto& network : networks.networks()) {
        auto& known = lengths[network.address.is_v4() ? 0 : 1];
        if (std::ranges::find(known, network.prefix) == known.end())
            known.push_back(network.prefix);
    }
    return lengths[0].size() <= most_lengths && lengths[1].size() <= most_lengths;
}

void RuleIndex::ByNetwork::find(const Address& address, Candidates& found) const
{
    for (const auto length : lengths_[address.is_v4() ? 0 : 1])
        if (const auto at = positions_.find({masked(address, length), length});
            at != positions_.end())
            found.add(&at->second);
}

void RuleIndex::Candidates::add(const Positions* positions)
{
    if (positions != nullptr && !positions->empty())
        lists_[count_++] = {positions->data(), positions->data() + positions->size()};
}

// The lists are few and each is in order: the smallest head is next, wherever it stands.
std::size_t RuleIndex::Candidates::next()
{
    std::size_t smallest = none;
    for (std::size_t i = 0; i < count_; ++i)
        if (lists_[i].at != lists_[i].end)
            smallest = std::min<std::size_t>(smallest, *lists_[i].at);
    if (smallest == none)
        return none;
    for (std::size_t i = 0; i < count_; ++i)
        if (lists_[i].at != lists_[i].end && *lists_[i].at == smallest)
            ++lists_[i].at;
    return smallest;
}

}  // namespace adit::policy
