#include "policy/domains.hpp"

#include <algorithm>

namespace adit::policy {

HostSet::Held& HostSet::own()
{
    if (held_.use_count() > 1)
        held_ = std::make_shared<Held>(*held_);
    return *held_;
}

void HostSet::add_exact(std::string_view name)
{
    own().exact.emplace(name);
}

void HostSet::add_suffix(std::string_view suffix)
{
    own().suffixes.emplace(suffix);
}

void HostSet::add_any()
{
    own().any = true;
}

void HostSet::add_pattern(const HostPattern& pattern)
{
    if (!has(pattern))
        own().patterns.push_back(pattern);
}

bool HostSet::has(const HostPattern& pattern) const
{
    return std::ranges::find(patterns(), pattern) != patterns().end();
}

void HostSet::add(const HostSet& other)
{
    if (empty()) {
        held_ = other.held_;
        return;
    }
    auto& all = own();
    all.any = all.any || other.any();
    all.exact.insert(other.exact().begin(), other.exact().end());
    all.suffixes.insert(other.suffixes().begin(), other.suffixes().end());
    for (const auto& pattern : other.patterns())
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
    if (any() || exact().contains(name))
        return true;
    if (!suffixes().empty())
        for (auto dot = name.find('.'); dot != name.npos; dot = name.find('.', dot + 1))
            if (suffixes().contains(name.substr(dot + 1)))
                return true;
    return std::ranges::any_of(patterns(),
                               [&](const HostPattern& each) { return each.matches(name); });
}

bool HostSet::covers(const HostSet& other) const
{
    if (any())
        return true;
    return !other.any() && std::ranges::all_of(other.exact(), [&](const auto& name) {
        return contains_name(name);
    }) && std::ranges::all_of(other.suffixes(), [&](const auto& suffix) {
        return covers_below(suffix);
    }) && std::ranges::all_of(other.patterns(), [&](const auto& pattern) { return has(pattern); });
}

bool HostSet::covers_below(std::string_view suffix) const
{
    if (any() || suffixes().contains(suffix))
        return true;
    for (auto dot = suffix.find('.'); dot != suffix.npos; dot = suffix.find('.', dot + 1))
        if (suffixes().contains(suffix.substr(dot + 1)))
            return true;
    return false;
}

}  // namespace adit::policy
