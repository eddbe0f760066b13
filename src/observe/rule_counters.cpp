#include "src/observe/rule_counters.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace adit::observe {
namespace {

std::int64_t seconds_of(SystemTime time)
{
    return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

// The worker is the only one who writes, so no atomic addition is needed.
template <class Number>
void set(std::atomic<Number>& cell, Number value)
{
    cell.store(value, std::memory_order_relaxed);
}

template <class Number>
Number get(const std::atomic<Number>& cell)
{
    return cell.load(std::memory_order_relaxed);
}

template <class Time, class Choose>
void merge(std::optional<Time>& into, const std::optional<Time>& other, Choose choose)
{
    if (other)
        into = into ? choose(*into, *other) : *other;
}

}  // namespace

RuleCount& RuleCount::operator+=(const RuleCount& other)
{
    hits += other.hits;
    would_hits += other.would_hits;
    merge(last_hit, other.last_hit, [](auto a, auto b) { return std::max(a, b); });
    merge(since, other.since, [](auto a, auto b) { return std::min(a, b); });
    return *this;
}

RuleCounters::Table::Table(PolicyPtr of)
    : policy{std::move(of)}, cells{std::make_unique<Cell[]>(policy->rules().size() + 1)}
{
}

std::string_view RuleCounters::Table::name(std::size_t index) const
{
    const auto& rules = policy->rules();
    return index < rules.size() ? std::string_view{rules[index].name} : std::string_view{};
}

RuleCounters::Cell* RuleCounters::Table::find(const policy::Rule* rule) const
{
    const auto& rules = policy->rules();
    if (rule == nullptr)
        return &cells[rules.size()];
    const auto* first = rules.data();
    const std::less<const policy::Rule*> before;
    if (!before(rule, first) && before(rule, first + rules.size()))
        return &cells[static_cast<std::size_t>(rule - first)];
    const auto same = std::find_if(rules.begin(), rules.end(),
                                   [&](const auto& one) { return one.name == rule->name; });
    return same == rules.end() ? nullptr : &cells[static_cast<std::size_t>(same - rules.begin())];
}

void RuleCounters::renew(PolicyPtr policy, SystemTime now)
{
    auto next = std::make_unique<Table>(std::move(policy));
    std::unordered_map<std::string_view, const Cell*> before;
    if (table_)
        for (std::size_t i = 0; i < table_->size(); ++i)
            before.emplace(table_->name(i), &table_->cells[i]);
    for (std::size_t i = 0; i < next->size(); ++i) {
        auto& cell = next->cells[i];
        const auto known = before.find(next->name(i));
        cell.since = known == before.end() ? now : known->second->since;
        if (known == before.end())
            continue;
        set(cell.hits, get(known->second->hits));
        set(cell.would_hits, get(known->second->would_hits));
        set(cell.last_hit, get(known->second->last_hit));
    }
    const std::lock_guard lock{mutex_};
    std::swap(table_, next);
}

void RuleCounters::hit(const policy::Rule* rule, SystemTime now)
{
    auto* cell = table_ ? table_->find(rule) : nullptr;
    if (cell == nullptr)
        return;
    set(cell->hits, get(cell->hits) + 1);
    set(cell->last_hit, seconds_of(now));
}

void RuleCounters::would_hit(const policy::Rule* rule, SystemTime now)
{
    auto* cell = table_ ? table_->find(rule) : nullptr;
    if (cell == nullptr)
        return;
    set(cell->would_hits, get(cell->would_hits) + 1);
    set(cell->last_hit, seconds_of(now));
}

void RuleCounters::add_to(RuleCounts& counts) const
{
    const std::lock_guard lock{mutex_};
    if (!table_)
        return;
    for (std::size_t i = 0; i < table_->size(); ++i) {
        const auto& cell = table_->cells[i];
        RuleCount count{get(cell.hits), get(cell.would_hits), std::nullopt, cell.since};
        if (const auto last = get(cell.last_hit); last != 0)
            count.last_hit = SystemTime{std::chrono::seconds{last}};
        counts[std::string{table_->name(i)}] += count;
    }
}

}  // namespace adit::observe
