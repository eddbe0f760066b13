#include "src/gateway/live_tunnels.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <boost/asio/post.hpp>

#include "src/gateway/session.hpp"
#include "src/platform/clocks.hpp"

namespace adit::gateway {

using platform::wall_clock;

using namespace std::chrono_literals;
using policy::OnReload;
using protocols::Protocol;

namespace {

// A slice ends when this much time has passed; the clock is looked at after each few tunnels.
constexpr auto slice_time = 1ms;
constexpr std::size_t between_looks = 16;

// Tunnels that are closed before others get their turn.
constexpr std::size_t close_at_once = 128;

// The records keep the word.
Protocol protocol_of(std::string_view name)
{
    constexpr std::array all{Protocol::connect, Protocol::http, Protocol::socks5, Protocol::socks4,
                             Protocol::udp,     Protocol::bind, Protocol::forward};
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](Protocol protocol) { return word(protocol) == name; });
    return found == all.end() ? Protocol::connect : *found;
}

std::string describe(const observe::Record& facts, const policy::Decision& decision)
{
    const auto rule = decision.rule_name();
    const auto to = facts.target
                        ? fmt::format("{}:{}", to_text(facts.target->host), facts.target->port)
                        : "any destination by UDP";
    return fmt::format("{}{}{} -> {} ({}{}{})", facts.user, facts.user.empty() ? "" : " at ",
                       client_text(facts), to, word(decision.reason), rule.empty() ? "" : " ",
                       rule);
}

}  // namespace

std::string_view word(Event event)
{
    return event == Event::reload ? "reload" : "expiry";
}

policy::Decision judge_again(const observe::Record& facts, const Snapshot& now,
                             policy::sys_seconds at)
{
    const auto& configuration = *now.configuration;
    if (!facts.user.empty() && !configuration.users.contains(facts.user)) {
        policy::Decision gone;
        gone.reason = policy::Reason::user_gone;
        return gone;
    }
    policy::Subject subject;
    subject.listener = facts.listener;
    subject.protocol = protocol_of(facts.protocol);
    if (facts.client)
        subject.client = facts.client->address;
    subject.uid = facts.uid;
    subject.user = facts.user;
    subject.may_log_in = false;
    subject.at = at;
    if (!facts.target) {  // a UDP association; it judges its destinations itself
        policy::Decision allowed;
        allowed.verdict = policy::Verdict::allow;
        return configuration.policy.refuse_association(subject, now.around).value_or(allowed);
    }
    return configuration.policy.judge(subject, *facts.target, facts.address->address, now.around);
}

JudgedAgain& JudgedAgain::operator+=(const JudgedAgain& other)
{
    judged += other.judged;
    refused += other.refused;
    for (const auto& example : other.examples)
        if (examples.size() < max_examples)
            examples.push_back(example);
    return *this;
}

void LiveTunnels::judge(const Review& review, SnapshotPtr now,
                        std::vector<std::weak_ptr<Session>> sessions)
{
    review_ = review;
    now_ = std::move(now);
    left_ = std::move(sessions);
    sum_ = {};
    sum_.pass = review.pass;
    for (const auto& one : condemned_)
        if (const auto session = one.session.lock())
            earlier_.try_emplace(session.get(), one.at);
    condemned_.clear();
    timer_.cancel();
    judge_slice(review.pass);
}

void LiveTunnels::judge_slice(std::size_t pass)
{
    if (pass != review_.pass)
        return;  // a newer pass judges the rest
    const auto until = Clock::now() + slice_time;
    const auto at = wall_clock();
    for (std::size_t i = 1; !left_.empty(); ++i) {
        const auto session = left_.back().lock();
        left_.pop_back();
        if (session && session->is_tunnel())
            judge_one(*session, *now_, at);
        if (i % between_looks == 0 && Clock::now() >= until)
            return asio::post(loop_, [this, pass] { judge_slice(pass); });
    }
    finish();
}

bool LiveTunnels::judge_one(Session& session, const Snapshot& now, policy::sys_seconds at)
{
    const auto& facts = session.record();
    const auto decision = judge_again(facts, now, at);
    ++sum_.judged;
    if (decision.allowed())
        return true;
    ++sum_.refused;
    if (sum_.examples.size() < JudgedAgain::max_examples)
        sum_.examples.push_back(describe(facts, decision));
    if (review_.settings.tunnels == OnReload::close)
        condemn(session, decision, now);
    return false;
}

void LiveTunnels::condemn(Session& session, const policy::Decision& decision, const Snapshot& now)
{
    auto at = Clock::now() + review_.settings.grace;
    if (const auto before = earlier_.find(&session); before != earlier_.end())
        at = std::min(at, before->second);
    auto cause = std::make_unique<observe::Cause>();
    cause->event = word(review_.event);
    cause->policy = now.configuration->hash;
    cause->reason = word(decision.reason);
    cause->rule = decision.rule_name();
    condemned_.push_back({session.weak_from_this(), at, std::move(cause)});
}

void LiveTunnels::finish()
{
    now_.reset();
    left_ = {};
    earlier_.clear();
    done_(std::exchange(sum_, {}));
    close_later();
}

// A tunnel that came to stand while the policy changed is judged by itself.
void LiveTunnels::established(Session& session, std::size_t judged_in, const Snapshot& now)
{
    if (judged_in == review_.pass || review_.settings.tunnels == OnReload::keep)
        return;
    if (!judge_one(session, now, wall_clock()))
        close_later();
}

void LiveTunnels::close_later()
{
    if (condemned_.empty())
        return;
    const auto next = std::min_element(condemned_.begin(), condemned_.end(),
                                       [](const auto& a, const auto& b) { return a.at < b.at; });
    timer_.expires_at(next->at);
    timer_.async_wait([this](boost::system::error_code moved) {
        if (!moved)
            close_due();
    });
}

void LiveTunnels::close_due()
{
    const auto now = Clock::now();
    std::size_t closed = 0;
    const auto rest = std::partition(condemned_.begin(), condemned_.end(), [&](const auto& one) {
        return one.at <= now && closed++ < close_at_once;
    });
    std::vector<Condemned> due{std::make_move_iterator(condemned_.begin()),
                               std::make_move_iterator(rest)};
    condemned_.erase(condemned_.begin(), rest);
    for (auto& one : due) {
        const auto session = one.session.lock();
        if (!session || !session->is_tunnel())
            continue;
        session->record().cause = std::move(one.cause);
        session->interrupt(Interruption::policy_changed);
    }
    close_later();
}

}  // namespace adit::gateway
