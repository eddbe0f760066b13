#include "policy/rule_index.hpp"

#include <algorithm>

namespace adit::policy {

namespace {

// A rule for more ports than this is filed under none of them: the lists would grow with ranges.
constexpr std::size_t most_ports = 64;

std::size_t count_ports(const PortSet& ports)
{
    std::size_t count = 0;
    for (const auto& range : ports.ranges())
        count += static_cast<std::size_t>(range.last - range.first) + 1;
    return count;
}

}  // namespace

RuleIndex::RuleIndex(const std::vector<Rule>& rules)
{
    for (std::uint32_t position = 0; position < rules.size(); ++position)
        file(position, rules[position]);
}

void RuleIndex::file(std::uint32_t position, const Rule& rule)
{
    all_.push_back(position);
    // What a `not` excludes files nothing: the rule is about all the rest. Nor does a regular
    // expression, which fits names that stand nowhere.
    if (rule.hosts && !rule.hosts->any() && rule.hosts->patterns().empty()) {
        for (const auto& name : rule.hosts->exact())
            exact_hosts_[name].push_back(position);
        for (const auto& suffix : rule.hosts->suffixes())
            host_suffixes_[suffix].push_back(position);
    } else if (rule.users && !rule.users->anyone) {
        for (const auto& user : rule.users->names)
            users_[user].push_back(position);
        all_with_users_.push_back(position);
    } else if (rule.ports && count_ports(*rule.ports) <= most_ports) {
        for (const auto& range : rule.ports->ranges())
            for (std::uint32_t port = range.first; port <= range.last; ++port)
                ports_[static_cast<std::uint16_t>(port)].push_back(position);
    } else {
        rest_.push_back(position);
    }
}

RuleIndex::Candidates RuleIndex::candidates(const Subject& subject, const Target& target) const
{
    Candidates found;
    if (subject.unknown.contains(Fact::host) || subject.unknown.contains(Fact::port)) {
        found.add(&all_);
        return found;
    }
    found.add(&rest_);
    if (const auto port = ports_.find(target.port); port != ports_.end())
        found.add(&port->second);
    if (subject.unknown.contains(Fact::user))
        found.add(&all_with_users_);
    else if (!subject.user.empty())
        found.add(find(users_, subject.user));

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

const RuleIndex::Positions* RuleIndex::find(const ByName& names, std::string_view name)
{
    const auto found = names.find(name);
    return found == names.end() ? nullptr : &found->second;
}

void RuleIndex::Candidates::add(const std::vector<std::uint32_t>* positions)
{
    if (positions != nullptr && !positions->empty())
        lists_[count_++] = *positions;
}

// The lists are few and each is in order: the smallest head is next, wherever it stands.
std::size_t RuleIndex::Candidates::next()
{
    std::size_t smallest = none;
    for (std::size_t i = 0; i < count_; ++i)
        if (!lists_[i].empty())
            smallest = std::min<std::size_t>(smallest, lists_[i].front());
    if (smallest == none)
        return none;
    for (std::size_t i = 0; i < count_; ++i)
        if (!lists_[i].empty() && lists_[i].front() == smallest)
            lists_[i] = lists_[i].subspan(1);
    return smallest;
}

}  // namespace adit::policy
