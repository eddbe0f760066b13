#include "src/dial/name_cache.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace adit::dial {

using namespace std::chrono_literals;

namespace {

// A TTL of 0 would make a busy name a query for each connection; one of a week would outlive every change.
constexpr std::chrono::seconds shortest_life = 1s;
constexpr std::chrono::seconds longest_life = 5min;

std::chrono::seconds life(const NameAnswer& answer)
{
    switch (answer.found) {
        case Found::addresses:
            return std::clamp(answer.ttl, shortest_life, longest_life);
        case Found::nothing:
            return 30s;
        case Found::failed:
        case Found::silence:
            return 5s;
        case Found::overloaded:
            break;
    }
    return 0s;
}

}  // namespace

const NameAnswer* NameCache::find(std::string_view name, Family family, TimePoint now)
{
    const auto found = index(family).find(name);
    if (found == index(family).end())
        return nullptr;
    const auto entry = found->second;
    if (entry->expires <= now) {
        erase(entry);
        return nullptr;
    }
    entries_.splice(entries_.begin(), entries_, entry);
    return &entry->answer;
}

void NameCache::store(std::string_view name, Family family, NameAnswer answer, TimePoint now)
{
    if (const auto known = index(family).find(name); known != index(family).end())
        erase(known->second);
    const auto kept_for = life(answer);
    if (kept_for == 0s || capacity_ == 0)
        return;
    if (entries_.size() >= capacity_)
        erase(std::prev(entries_.end()));
    entries_.push_front({std::string{name}, family, std::move(answer), now + kept_for});
    index(family).emplace(entries_.front().name, entries_.begin());
}

void NameCache::clear()
{
    for (auto& names : by_name_)
        names.clear();
    entries_.clear();
}

void NameCache::erase(Entries::iterator entry)
{
    index(entry->family).erase(entry->name);
    entries_.erase(entry);
}

}  // namespace adit::dial
