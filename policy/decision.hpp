// What was decided, by which rule, and why: one wording for replies, records and explanations.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace adit::policy {

struct Rule;

enum class Verdict : std::uint8_t { allow, deny };

enum class Reason : std::uint8_t {
    rule,              // `rule` decided
    no_rule,           // nothing matched
    internal_address,  // nothing matched, but `near` would have, were the address public
    own_listener,      // the destination is this gateway itself
    bad_destination,   // the unspecified address or broadcast
    user_gone,         // the user no longer exists (live tunnels, after a reload)
    token_rights,      // the token that logged in does not reach so far
    token_expired,     // the token that logged in is worth nothing any more (UDP associations)
    observed,          // refused by the rules, but the policy only observes
};
std::string_view word(Verdict verdict);  // "allow", "deny"
std::string_view word(Reason reason);    // "rule", "no_rule", ...

// The answer if nothing only observed: no rule with `observe`, and no `"mode": "observe"`.
struct Would {
    std::optional<Verdict> verdict;  // empty: not known, for only a DNS query would tell
    Reason reason = Reason::no_rule;
    const Rule* rule = nullptr;  // the rule that would decide, if one would

    std::string_view rule_name() const;     // empty when no rule would decide
    std::string_view verdict_word() const;  // "allow", "deny", "unknown"
};

// `rule` and `near` point into the Policy that decided and live as long as it does.
struct Decision {
    Verdict verdict = Verdict::deny;
    Reason reason = Reason::no_rule;
    const Rule* rule = nullptr;  // the rule that decided, if one did
    const Rule* near =
        nullptr;  // the first allow that failed only because the address is not public
    bool needs_login =
        false;  // refused for nobody, but some user might be allowed (login optional)
    std::optional<Would> would;  // present when something observes (Policy::observes)

    bool allowed() const { return verdict == Verdict::allow; }
    bool refused() const { return verdict == Verdict::deny; }
    std::string_view rule_name() const;  // empty when no rule decided
    std::string_view near_name() const;
};

}  // namespace adit::policy
