// How often each rule has decided, and when it last did. Each worker counts for itself, without a
// lock and in memory of its own; whoever wants to know adds the workers up.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "policy/decision.hpp"
#include "policy/policy.hpp"

namespace adit::observe {

using SystemTime = std::chrono::system_clock::time_point;

struct RuleCount {
    std::uint64_t hits = 0;        // requests that the rule decided
    std::uint64_t would_hits = 0;  // requests that it would have decided, were nothing observing
    std::optional<SystemTime> last_hit;  // of either kind, to the second
    std::optional<SystemTime> since;     // when counting began for a rule of this name

    // The sum of both: the later hit, and the earlier beginning.
    RuleCount& operator+=(const RuleCount& other);
};

struct RuleCounts {
    std::map<std::string, RuleCount, std::less<>> rules;  // by the rule's name
    RuleCount no_rule;                                    // refusals that no rule made
    RuleCount observed;  // refusals that were lifted, for the policy only observes
};

// One worker's counters.
class RuleCounters {
public:
    using PolicyPtr = std::shared_ptr<const policy::Policy>;

    // The worker's thread alone: the rules to count from now on. Those whose names were counted
    // before go on from where they are; the others begin at `now`.
    void renew(PolicyPtr policy, SystemTime now);

    // The worker's thread alone: one request was decided. A rule of an earlier policy is counted under
    // its name. What would have been decided counts only where that is known.
    void decided(const policy::Decision& decision, SystemTime now);

    // Any thread: adds what was counted to `counts`.
    void add_to(RuleCounts& counts) const;

private:
    // Written by the worker alone and read by others at any time, so each number is whole, though
    // the three may be of different moments.
    struct Cell {
        std::atomic<std::uint64_t> hits{0};
        std::atomic<std::uint64_t> would_hits{0};
        std::atomic<std::int64_t> last_hit{0};  // seconds of the system clock; 0: never
        SystemTime since;

        // From where the other is, or from nothing at `now`.
        void go_on(const Cell* before, SystemTime now);
        RuleCount count() const;
    };
    struct Table {
        explicit Table(PolicyPtr of);
        Cell& no_rule() const { return cells[policy->rules().size()]; }
        Cell& observed() const { return cells[policy->rules().size() + 1]; }
        // Null for a rule whose name is gone; that of no rule is no_rule().
        Cell* find(const policy::Rule* rule) const;

        PolicyPtr policy;
        std::unique_ptr<Cell[]> cells;  // in the rules' order, and behind them two for no rule
    };

    mutable std::mutex mutex_;  // held to change tables and to read; never to count
    std::unique_ptr<Table> table_;
};

}  // namespace adit::observe
