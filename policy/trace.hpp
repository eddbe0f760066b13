// Why a request is answered as it is: every rule that was asked, in order, and what it said. Values
// only; explanation.hpp has the words. It is the loop that judges live traffic which is listened to
// here: there is no second reading of the rules.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "policy/policy.hpp"

namespace adit::policy {

// What can be said with the facts at hand.
enum class Conclusion : std::uint8_t { allowed, denied, undecided };
std::string_view word(Conclusion conclusion);  // "allowed", "denied", "undecided"

struct RuleTrace {
    const Rule* rule = nullptr;
    std::size_t index = 0;  // from 0, as in `rules[0]`
    Matched matched;
    bool observed = false;  // passed over, for it only observes
    bool expired = false;
};

// One walk through the rules.
struct Pass {
    std::optional<Address> address;  // empty: by name, before the look-up
    Word word = Word::public_;       // of the address
    std::vector<RuleTrace> rules;    // those that were asked; the last one may have decided
    std::size_t not_asked = 0;       // the rules below it
    Conclusion conclusion = Conclusion::denied;
    Decision decision;  // undecided: that of the first rule that might allow the request
    Facts unknown;      // the facts on which the conclusion, or at least its rule, depends
};

// `rule`s and decisions point into the Policy and live as long as it does. All else is a copy.
struct Trace {
    std::string listener;
    std::string user;
    Subject subject;  // `listener` and `user` are empty here: they stand above
    Target target{Address{}, 0};
    Mode mode = Mode::enforce;

    // Why listeners do not take the request up, a sentence each without its full stop (door.hpp).
    std::vector<std::string> closed_doors;
    bool judged = true;  // false: none takes it up; no rule was asked, and the answer is a denial

    std::optional<Pass> by_name;  // empty for an address literal
    std::vector<Pass> addresses;  // in the order given, at most 16; empty when refused by name

    Conclusion conclusion = Conclusion::denied;
    Facts unknown;  // undecided: the facts that the verdict depends on; else those of its rule
    // The answer: for an allowed request that of the first allowed address; for a refusal what the
    // client is told. Not to be used when undecided.
    Decision decision;
};

inline constexpr std::size_t most_addresses = 16;

// `resolved` is what DNS answers for a name, in its order; for a literal it is not looked at. A
// name without addresses is undecided unless it is refused by name.
Trace explain(const Policy& policy, const Subject& subject, const Target& target,
              std::span<const Address> resolved, const Surroundings& around);
Trace explain(Policy&& policy, const Subject& subject, const Target& target,
              std::span<const Address> resolved, const Surroundings& around) = delete;

// What a name is taken to resolve to when nobody says it: the two loopback addresses for localhost
// and the names below it, for all others a public address that is in no network of any rule, those
// of length 0 aside.
std::vector<Address> assumed_addresses(const Policy& policy, const Target& target,
                                       const Surroundings& around);

}  // namespace adit::policy
