// The decision itself: (who, from where, to what) -> Decision with its reason. First match wins;
// nothing matched means denied. Pure and immutable: a reload makes a new Policy. Nothing here looks
// up a name.
#pragma once

#include <optional>
#include <vector>

#include "policy/decision.hpp"
#include "policy/rule.hpp"
#include "policy/rule_index.hpp"

namespace adit::policy {

// `observe` lifts the rules' denials of public addresses, and records what they would have been.
enum class Mode : std::uint8_t { enforce, observe };

class Policy {
public:
    Policy() = default;  // denies everything
    explicit Policy(std::vector<Rule> rules, Mode mode = Mode::enforce);
    // `index` is that of these rules.
    Policy(std::vector<Rule> rules, Mode mode, RuleIndex index);

    // First by name: what can be said before a name is looked up. A refusal here spares the query;
    // no value means that the answer depends on the address (or is an allow, which is never given
    // before the address is known). For an address literal this is judge() when it refuses, else
    // empty.
    std::optional<Decision> refuse_by_name(const Subject& subject, const Target& target,
                                           const Surroundings& around) const;

    // Then each address by itself, from the first rule again. `address` is what would be dialled
    // for target.host.
    Decision judge(const Subject& subject, const Target& target, const Address& address,
                   const Surroundings& around) const;

    // A UDP association is asked for before anybody knows where its datagrams go: refused only if
    // no destination whatever could be allowed. Each destination is then judged as a request of its
    // own. Asks as protocol `udp`, whatever the subject says.
    std::optional<Decision> refuse_association(Subject subject, const Surroundings& around) const;

    const std::vector<Rule>& rules() const { return rules_; }
    const RuleIndex& index() const { return index_; }
    Mode mode() const { return mode_; }
    // Whether decisions carry `would`: the mode is observe, or a rule is.
    bool observes() const { return observes_; }
    // The first moment after `moment` at which a rule expires, or the times at which one holds begin
    // or end.
    std::optional<sys_seconds> next_change(sys_seconds moment) const;

private:
    // The rules keep their place in memory as long as the Policy lives: decisions point to them.
    std::vector<Rule> rules_;
    RuleIndex index_;
    Mode mode_ = Mode::enforce;
    bool observes_ = false;
};

}  // namespace adit::policy
