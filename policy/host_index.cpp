#include "policy/host_index.hpp"

#include <algorithm>
#include <string_view>

namespace adit::policy {

namespace {

using Id = HostIndex::Id;

// Each is tried on every name: what lies behind these is not compared.
constexpr std::size_t most_patterns = 64;

// Calls `each` for example.com and com, given www.example.com.
template <class Each>
void for_each_parent(std::string_view name, Each each)
{
    for (auto dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.')) {
        name.remove_prefix(dot + 1);
        each(std::string{name});
    }
}

void remember(std::vector<Id>& ids, Id id)
{
    if (ids.empty() || ids.back() != id)
        ids.push_back(id);
}

}  // namespace

void HostIndex::add(Id id, const std::vector<HostEntry>& entries)
{
    remember(lists_, id);
    for (const auto& entry : entries) {
        if (entry.kind == HostEntry::Kind::any) {
            remember(all_, id);
            continue;
        }
        if (entry.kind == HostEntry::Kind::pattern) {
            if (patterns_.size() < most_patterns)
                patterns_.push_back({*entry.pattern, id});
            continue;
        }
        const bool is_suffix = entry.kind == HostEntry::Kind::suffix;
        remember(is_suffix ? suffixes_[entry.name] : exact_[entry.name], id);
        if (is_suffix)
            remember(below_[entry.name], id);
        for_each_parent(entry.name,
                        [&](const std::string& parent) { remember(below_[parent], id); });
    }
}

std::vector<Id> HostIndex::sharing(const std::vector<HostEntry>& entries) const
{
    std::vector<Id> found;
    for (const auto& entry : entries)
        find(entry, found);
    std::ranges::sort(found);
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

void HostIndex::find(const HostEntry& entry, std::vector<Id>& found) const
{
    const auto take = [&](const Ids& ids, const std::string& name) {
        if (const auto at = ids.find(name); at != ids.end())
            found.insert(found.end(), at->second.begin(), at->second.end());
    };
    if (entry.kind == HostEntry::Kind::any) {
        found.insert(found.end(), lists_.begin(), lists_.end());
        return;
    }
    const bool is_pattern = entry.kind == HostEntry::Kind::pattern;
    for (const auto& [pattern, id] : patterns_)
        if (is_pattern ? pattern == *entry.pattern
                       : entry.kind == HostEntry::Kind::exact && pattern.matches(entry.name))
            found.push_back(id);
    if (is_pattern)
        return;
    take(entry.kind == HostEntry::Kind::exact ? exact_ : below_, entry.name);
    for_each_parent(entry.name, [&](const std::string& parent) { take(suffixes_, parent); });
}

}  // namespace adit::policy
