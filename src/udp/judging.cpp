// Where the datagrams of an association may go: its names are looked up, and its destinations judged,
// beside the datagrams that flow.
#include <utility>

#include <boost/asio/post.hpp>

#include "src/udp/association.hpp"

namespace adit::udp {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t most_lookups = 32;  // of one association, at a time

// Of one name, as for a dial.
constexpr std::size_t most_addresses = 16;

// A verdict is asked for again after this long, for rules have times of their own.
constexpr auto verdict_life = 1s;
constexpr auto failure_life = 5s;

}  // namespace

// Afterwards its state is that of now.
void Association::prepare(Destination& destination)
{
    const auto policy = judge_->policy();
    const bool fresh = destination.policy == policy && now_ - destination.judged < verdict_life;
    if (destination.state == State::looking_up || (fresh && destination.state != State::unjudged))
        return;
    destination.policy = policy;
    destination.judged = now_;

    const auto& target = destination.facts.target;
    if (const auto* literal = std::get_if<protocols::Address>(&target.host)) {
        destination.addresses = {*literal};
        choose(destination, true);
        return;
    }
    if (const auto refused = judge_->refuse_by_name(target))
        return decide(destination, *refused);
    const bool believed = is_known(destination);
    if (!believed && !destination.lookup)
        look_up(destination);
    // A flow does not wait while its name is looked up again.
    if (believed || (destination.lookup && !destination.addresses.empty()))
        choose(destination, true);
}

bool Association::is_known(const Destination& destination) const
{
    const auto life = destination.addresses.empty() ? failure_life : shared_.addresses_life;
    return destination.looked_up && now_ - *destination.looked_up < life;
}

void Association::look_up(Destination& destination)
{
    if (looking_up_ == most_lookups) {
        if (destination.addresses.empty())
            destination.state = State::unresolved;
        else
            choose(destination, true);
        return;
    }
    ++looking_up_;
    if (destination.addresses.empty())
        destination.state = State::looking_up;
    destination.lookup = std::make_unique<dial::Lookup>(
        shared_.resolver, std::get<protocols::Domain>(destination.facts.target.host),
        [&loop = shared_.loop, association = weak_from_this()] {
            asio::post(loop, [association] {
                if (const auto self = association.lock(); self && !self->over_)
                    self->on_answers();
            });
        });
    take_answers(destination);
}

void Association::on_answers()
{
    now_ = Clock::now();
    destinations_.each([this](Destination& destination) {
        if (destination.lookup)
            take_answers(destination);
    });
}

// IPv4 first: nothing tells whether a datagram over IPv6 arrived, and nobody would try again. Where
// DNS itself has failed, the addresses that are known stay for now.
void Association::take_answers(Destination& destination)
{
    const auto& v4 = destination.lookup->answer(dial::Family::ipv4);
    const auto& v6 = destination.lookup->answer(dial::Family::ipv6);
    if (!v4)
        return;
    std::vector<protocols::Address> found;
    for (const auto* answer : {&v4, &v6})
        if (*answer)
            for (const auto& address : (*answer)->addresses)
                if (found.size() < most_addresses)
                    found.push_back(protocols::unmapped(address));
    if (found.empty() && !destination.addresses.empty()) {
        if (!v6)
            return;
        if (v4->found == dial::Found::failed || v6->found == dial::Found::failed) {
            destination.looked_up = now_ - shared_.addresses_life + failure_life;
            return forget_lookup(destination);
        }
    }
    destination.addresses = std::move(found);
    destination.policy = judge_->policy();
    destination.judged = now_;
    const bool decided = choose(destination, v6.has_value());
    if (!decided)
        return;
    destination.looked_up = now_;
    if (destination.state == State::open)
        send_kept(destination);
    else if (destination.state == State::refused)
        dropped_.refused += destination.waiting.size();
    else
        dropped_.unresolved += destination.waiting.size();
    forget_lookup(destination);
}

// The first address that is allowed, if something can be said already. A refusal is said only when all of them are known.
bool Association::choose(Destination& destination, bool complete)
{
    std::optional<policy::Decision> refusal;
    for (const auto& address : destination.addresses) {
        const auto decision = judge_->judge(destination.facts.target, address);
        if (decision.allowed()) {
            destinations_.answers_from(destination, {address, destination.facts.target.port});
            decide(destination, decision);
            return true;
        }
        if (!refusal)
            refusal = decision;
    }
    if (!complete)
        return false;
    if (refusal) {
        decide(destination, *refusal);
    } else {
        destination.state = State::unresolved;
        destinations_.answers_no_more(destination);
    }
    return true;
}

void Association::decide(Destination& destination, const policy::Decision& decision)
{
    destination.state = decision.allowed() ? State::open : State::refused;
    destination.facts.verdict = decision.verdict;
    destination.facts.rule = decision.rule_name();
    destination.facts.reason = word(decision.reason);
    const auto would = decision.would.value_or(policy::Would{});
    destination.facts.would = decision.would ? would.verdict_word() : std::string_view{};
    destination.facts.would_rule = would.rule_name();
    if (decision.refused())
        destinations_.answers_no_more(destination);
    if (std::exchange(destination.counted, destination.policy) != destination.policy)
        judge_->decided(decision);
}

}  // namespace adit::udp
