#include "policy/domains.hpp"

#include <algorithm>

namespace adit::policy {

void HostSet::add_exact(std::string_view name)
{
    exact_.emplace(name);
}

void HostSet::add_suffix(std::string_view suffix)
{
    suffixes_.emplace(suffix);
}

void HostSet::add_any()
{
    any_ = true;
}

void HostSet::add_pattern(const HostPattern& pattern)
{
    if (!has(pattern))
        patterns_.push_back(pattern);
}

bool HostSet::has(const HostPattern& pattern) const
{
    return std::ranges::find(patterns_, pattern) != patterns_.end();
}

void HostSet::add(const HostSet& other)
{
    any_ = any_ || other.any_;
    exact_.insert(other.exact_.begin(), other.exact_.end());
    suffixes_.insert(other.suffixes_.begin(), other.suffixes_.end());
    for (const auto& pattern : other.patterns_)
        add_pattern(pattern);
}

bool HostSet::contains(const protocols::Host& host) const
{
    const auto* domain = std::get_if<protocols::Domain>(&host);
    if (domain == nullptr)
        return false;
    return contains_name(domain->text());
}

bool HostSet::contains_name(std::string_view name) const
{
    if (any_ || exact_.contains(name))
        return true;
    if (!suffixes_.empty())
        for (auto dot = name.find('.'); dot != name.npos; dot = name.find('.', dot + 1))
            if (suffixes_.contains(name.substr(dot + 1)))
                return true;
    return std::ranges::any_of(patterns_,
                               [&](const HostPattern& each) { return each.matches(name); });
}

bool HostSet::covers(const HostSet& other) const
{
    if (any_)
        return true;
    return !other.any_ && std::ranges::all_of(other.exact_, [&](const auto& name) {
        return contains_name(name);
    }) && std::ranges::all_of(other.suffixes_, [&](const auto& suffix) {
        return covers_below(suffix);
    }) && std::ranges::all_of(other.patterns_, [&](const auto& pattern) { return has(pattern); });
}

bool HostSet::covers_below(std::string_view suffix) const
{
    if (any_ || suffixes_.contains(suffix))
        return true;
    for (auto dot = suffix.find('.'); dot != suffix.npos; dot = suffix.find('.', dot + 1))
        if (suffixes_.contains(suffix.substr(dot + 1)))
            return true;
    return false;
}

}  // namespace adit::policy
