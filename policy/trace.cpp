#include "policy/trace.hpp"

#include <algorithm>

#include "policy/walk.hpp"

namespace adit::policy {

namespace {

// Writes down what each rule said.
class Listener {
public:
    Listener(const Policy& policy, const Subject& subject) : policy_{policy}, subject_{subject} {}

    using Rules = AllRules;
    void operator()(const Rule& rule, const Matched& matched)
    {
        rules_.push_back(
            {&rule, rules_.size(), matched, rule.observe, rule.life.expired(subject_.at)});
    }

    Pass pass(const Judged& judged) &&
    {
        Pass pass;
        pass.not_asked = policy_.rules().size() - rules_.size();
        pass.rules = std::move(rules_);
        pass.conclusion = judged.conclusion;
        pass.decision = judged.decision;
        pass.unknown = judged.unknown;
        return pass;
    }

private:
    const Policy& policy_;
    const Subject& subject_;
    std::vector<RuleTrace> rules_;
};

Pass pass_by_name(const Policy& policy, const Subject& subject, const Target& target,
                  const Surroundings& around)
{
    Listener seen{policy, subject};
    const auto judged = judge_rules(policy, {subject, target, around}, seen);
    auto pass = std::move(seen).pass(judged);
    // A refusal before the look-up names the rule that is certain without the address.
    if (pass.conclusion == Conclusion::denied)
        pass.unknown.remove(Fact::address);
    return pass;
}

Pass pass_of_address(const Policy& policy, const Subject& subject, const Target& target,
                     const Address& address, const Surroundings& around)
{
    Listener seen{policy, subject};
    const auto judged = judge_address(policy, subject, target, address, around, seen);
    auto pass = std::move(seen).pass(judged);
    pass.address = address;
    pass.word = classify(address, around);
    return pass;
}

const Pass* first(const std::vector<Pass>& passes, Conclusion conclusion)
{
    const auto found = std::ranges::find(passes, conclusion, &Pass::conclusion);
    return found == passes.end() ? nullptr : &*found;
}

// As the dialer does it: one allowed address is enough, a refusal takes all of them, and then the
// first one is told.
void conclude(Trace& trace)
{
    const auto* told = first(trace.addresses, Conclusion::allowed);
    if (told == nullptr)
        told = first(trace.addresses, Conclusion::undecided);
    if (told == nullptr)
        told = trace.addresses.empty() ? &*trace.by_name : &trace.addresses.front();
    trace.conclusion = told->conclusion;
    trace.decision = told->decision;
    trace.unknown = told->unknown;
    for (const auto& pass : trace.addresses)
        if (pass.conclusion == told->conclusion)
            trace.unknown.add(pass.unknown);
    // Facts that are not known might have refused the name already, by another rule.
    if (trace.conclusion == Conclusion::denied && trace.by_name) {
        trace.unknown.add(trace.by_name->unknown);
        trace.unknown.remove(Fact::address);
    }
}

}  // namespace

std::string_view word(Conclusion conclusion)
{
    switch (conclusion) {
        case Conclusion::allowed:
            return "allowed";
        case Conclusion::denied:
            return "denied";
        case Conclusion::undecided:
            return "undecided";
    }
    return "undecided";
}

Trace explain(const Policy& policy, const Subject& subject, const Target& target,
              std::span<const Address> resolved, const Surroundings& around)
{
    Trace trace;
    trace.listener = subject.listener;
    trace.user = subject.user;
    trace.subject = subject;
    trace.target = target;
    trace.mode = policy.mode();
    trace.subject.listener = {};
    trace.subject.user = {};

    const auto* literal = std::get_if<Address>(&target.host);
    if (literal == nullptr)
        trace.by_name = pass_by_name(policy, subject, target, around);
    else
        resolved = {literal, 1};
    if (!trace.by_name || trace.by_name->decision.allowed())
        for (const auto& address : resolved.first(std::min(resolved.size(), most_addresses)))
            trace.addresses.push_back(pass_of_address(policy, subject, target, address, around));
    conclude(trace);
    return trace;
}

namespace {

using boost::asio::ip::address_v4;

// The next address behind the widest network that a rule names and that holds this one; empty when
// none does. Behind the last address comes the first.
std::optional<Address> behind_networks(const Policy& policy, const Address& address)
{
    std::optional<Network> widest;
    const auto look_at = [&](const std::optional<NetworkSet>& networks) {
        if (!networks)
            return;
        for (const auto& network : networks->networks())
            if (network.address.is_v4() && network.prefix != 0 && network.contains(address) &&
                (!widest || network.prefix < widest->prefix))
                widest = network;
    };
    for (const auto& rule : policy.rules()) {
        look_at(rule.networks);
        if (rule.excluded)
            look_at(rule.excluded->networks);
    }
    if (!widest)
        return std::nullopt;
    const auto size = std::uint64_t{1} << (32U - widest->prefix);
    return address_v4{static_cast<address_v4::uint_type>(widest->address.to_v4().to_uint() + size)};
}

Address unnamed_public_address(const Policy& policy, const Surroundings& around)
{
    constexpr address_v4::uint_type step = 1U << 16U;
    const Address first{address_v4{{1, 1, 1, 1}}};
    auto address = first;
    for (int tries = 0; tries < 100'000; ++tries) {
        const auto behind = behind_networks(policy, address);
        if (!behind && classify(address, around) == Word::public_)
            return address;
        const auto next = behind.value_or(address_v4{address.to_v4().to_uint() + step});
        if (next < address)
            break;
        address = next;
    }
    return first;
}

bool is_localhost(const Host& host)
{
    const auto* name = std::get_if<protocols::Domain>(&host);
    return name != nullptr && (name->text() == "localhost" || name->text().ends_with(".localhost"));
}

}  // namespace

std::vector<Address> assumed_addresses(const Policy& policy, const Target& target,
                                       const Surroundings& around)
{
    if (is_localhost(target.host))
        return {address_v4::loopback(), boost::asio::ip::address_v6::loopback()};
    return {unnamed_public_address(policy, around)};
}

}  // namespace adit::policy
