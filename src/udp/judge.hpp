// The policy, as an association asks it: for each destination, and again when it has changed.
#pragma once

#include <cstdint>
#include <optional>

#include "policy/decision.hpp"
#include "protocols/target.hpp"

namespace adit::udp {

class Judge {
public:
    virtual ~Judge() = default;

    // Another number whenever the policy is another one; never 0.
    virtual std::uint64_t policy() = 0;

    // A refusal, if there is no need to look the name up.
    virtual std::optional<policy::Decision> refuse_by_name(const protocols::Target& target) = 0;
    virtual policy::Decision judge(const protocols::Target& target,
                                   const protocols::Address& address) = 0;

    // Whether it is an address of the gateway's own machine.
    virtual bool is_own(const protocols::Address& address) const = 0;

    // A destination has been decided on: once for each, and once more for each new policy.
    virtual void decided(const policy::Decision& decision) = 0;
};

}  // namespace adit::udp
