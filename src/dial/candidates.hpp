// The addresses that a target's host stands for: looked up, and each judged once. Knows the policy only as a question
// that it asks.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "policy/decision.hpp"
#include "protocols/ending.hpp"
#include "protocols/target.hpp"
#include "src/dial/resolver.hpp"

namespace adit::dial {

struct AddressVerdict {
    Address address;
    policy::Decision decision;
};

struct DialFailure {
    protocols::Ending ending = protocols::Ending::internal;
    int error = 0;  // errno of the attempt that `ending` tells of; 0 when nothing was dialled
    policy::Decision
        decision;  // about the first refused address, or about the one that `ending` tells of
};

class Candidates {
public:
    using Judge = std::function<policy::Decision(const Address&)>;

    // What is new about one family: its addresses that are allowed, in the resolver's order.
    struct News {
        Family family = Family::ipv6;
        std::vector<Address> allowed;
    };

    // `judge` is asked once for each address, at most 16 of them; IPv4-mapped ones have been unmapped.
    Candidates(protocols::Host host, Judge judge) : host_{std::move(host)}, judge_{std::move(judge)}
    {
    }

    // Asks DNS for a name. `on_answer` is called as Lookup's is.
    void ask(Resolver& resolver, std::function<void()> on_answer);
    // Each family is told once. Empty as long as nothing new is known.
    std::optional<News> next();
    // Nothing more will come.
    bool complete() const { return told_[0] && told_[1]; }
    bool looks_up() const { return lookup_ != nullptr; }
    // No more answers are wanted.
    void stop() { lookup_.reset(); }

    // Every address that was judged, in the order of the answers.
    const std::vector<AddressVerdict>& judged() const { return judged_; }
    const AddressVerdict* find(const Address& address) const;
    // Once complete, with nothing allowed: address_not_allowed, name_unknown, name_timeout, or limit (too many names
    // being looked up).
    DialFailure failure() const;
    // The caller's patience has ended: timed_out. What was allowed by then is still what the policy said.
    DialFailure given_up() const;

private:
    std::vector<Address> judge(const std::vector<Address>& addresses);

    protocols::Host host_;
    Judge judge_;
    std::unique_ptr<Lookup> lookup_;
    std::vector<AddressVerdict> judged_;
    std::array<bool, 2> told_{};  // by Family
};

}  // namespace adit::dial
