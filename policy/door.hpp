// What stands before the rules: a listener that does not open the protocol, or asks for a login,
// judges nothing. explain() as a client at these listeners meets it.
#pragma once

#include <span>

#include "policy/configuration.hpp"
#include "policy/trace.hpp"

namespace adit::policy {

// explain() behind the door of the listener that the subject names or, where that is unknown, behind
// those of all listeners that such a request could come to. Where every door is closed, nothing is
// judged (Trace::judged). Where only some are, an allow is undecided, for it depends on the listener.
// The user counts only where there is a login and the protocol can carry one. A listener of a name
// that none of these has is taken to be open, and to know users if any of them does; so is any
// listener where there are none to ask.
Trace explain_at_doors(const Policy& policy, std::span<const Listener> listeners, Subject subject,
                       const Target& target, std::span<const Address> resolved,
                       const Surroundings& around);
Trace explain_at_doors(Policy&& policy, std::span<const Listener> listeners, Subject subject,
                       const Target& target, std::span<const Address> resolved,
                       const Surroundings& around) = delete;

// A request that no rule is asked about, and why: each reason is a sentence without its full stop.
Trace not_judged(const Policy& policy, const Subject& subject, const Target& target,
                 std::vector<std::string> why);

// Whether some listener that the subject could be at asks who the user is.
bool user_counts(std::span<const Listener> listeners, const Subject& subject, const Target& target);

}  // namespace adit::policy
