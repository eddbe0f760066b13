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

constexpr std::size_t without_rule = 2;

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
    : policy{std::move(of)}, cells{std::make_unique<Cell[]>(policy->rules().size() + without_rule)}
{
}

RuleCounters::Cell* RuleCounters::Table::find(const policy::Rule* rule) const
{
    const auto& rules = policy->rules();
    if (rule == nullptr)
        return &no_rule();
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
    if (table_) {
        const auto& rules = table_->policy->rules();
        for (std::size_t i = 0; i < rules.size(); ++i)
            before.emplace(rules[i].name, &table_->cells[i]);
    }
    const auto& rules = next->policy->rules();
    for (std::size_t i = 0; i < rules.size(); ++i) {
        const auto known = before.find(rules[i].name);
        next->cells[i].go_on(known == before.end() ? nullptr : known->second, now);
    }
    next->no_rule().go_on(table_ ? &table_->no_rule() : nullptr, now);
    next->observed().go_on(table_ ? &table_->observed() : nullptr, now);
    const std::lock_guard lock{mutex_};
    std::swap(table_, next);
}

void RuleCounters::decided(const policy::Decision& decision, SystemTime now)
{
    if (!table_)
        return;
    const bool lifted = decision.reason == policy::Reason::observed;
    if (auto* cell = lifted ? &table_->observed() : table_->find(decision.rule)) {
        set(cell->hits, get(cell->hits) + 1);
        set(cell->last_hit, seconds_of(now));
    }
    const auto& would = decision.would;
    if (!would || !would->verdict || (!lifted && would->rule == decision.rule))
        return;
    if (auto* cell = table_->find(would->rule)) {
        set(cell->would_hits, get(cell->would_hits) + 1);
        set(cell->last_hit, seconds_of(now));
    }
}

void RuleCounters::add_to(RuleCounts& counts) const
{
    const std::lock_guard lock{mutex_};
    if (!table_)
        return;
    const auto& rules = table_->policy->rules();
    for (std::size_t i = 0; i < rules.size(); ++i)
        counts.rules[rules[i].name] += table_->cells[i].count();
    counts.no_rule += table_->no_rule().count();
    counts.observed += table_->observed().count();
}

void RuleCounters::Cell::go_on(const Cell* before, SystemTime now)
{
    since = before == nullptr ? now : before->since;
    if (before == nullptr)
        return;
    set(hits, get(before->hits));
    set(would_hits, get(before->would_hits));
    set(last_hit, get(before->last_hit));
}

RuleCount RuleCounters::Cell::count() const
{
    RuleCount count{get(hits), get(would_hits), std::nullopt, since};
    if (const auto last = get(last_hit); last != 0)
        count.last_hit = SystemTime{std::chrono::seconds{last}};
    return count;
}

}  // namespace adit::observe
