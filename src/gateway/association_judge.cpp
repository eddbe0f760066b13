#include "src/gateway/association_judge.hpp"

#include <chrono>
#include <utility>

#include "src/gateway/worker.hpp"
#include "src/login/token.hpp"
#include "src/platform/clocks.hpp"

namespace adit::gateway {

using platform::wall_clock;
namespace {

policy::Decision refused(policy::Reason reason)
{
    policy::Decision decision;
    decision.reason = reason;
    return decision;
}

}  // namespace

AssociationJudge::AssociationJudge(Worker& worker, const policy::Listener& listener,
                                   protocols::Address client, std::string user,
                                   std::shared_ptr<const protocols::Token> token)
    : worker_{worker},
      listener_{listener.name},
      may_log_in_{listener.login == protocols::Login::optional},
      client_{std::move(client)},
      user_{std::move(user)},
      token_{std::move(token)},
      now_{worker.snapshot()}
{
}

std::optional<policy::Decision> AssociationJudge::refuse_all()
{
    if (auto gone = refuse_login())
        return gone;
    return now_->configuration->policy.refuse_association(subject(), now_->around);
}

std::uint64_t AssociationJudge::policy()
{
    if (worker_.snapshot() != now_) {
        now_ = worker_.snapshot();
        ++policy_;
    }
    return policy_;
}

std::optional<policy::Decision> AssociationJudge::refuse_by_name(const protocols::Target& target)
{
    if (auto gone = refuse_login())
        return gone;
    return now_->configuration->policy.refuse_by_name(subject(), target, now_->around);
}

policy::Decision AssociationJudge::judge(const protocols::Target& target,
                                         const protocols::Address& address)
{
    if (const auto gone = refuse_login())
        return *gone;
    return now_->configuration->policy.judge(subject(), target, address, now_->around);
}

bool AssociationJudge::is_own(const protocols::Address& address) const
{
    return address.is_loopback() || now_->around.is_own(address);
}

void AssociationJudge::decided(const policy::Decision& decision)
{
    worker_.rule_counters().decided(decision, std::chrono::system_clock::now());
}

policy::Subject AssociationJudge::subject() const
{
    policy::Subject subject;
    subject.listener = listener_;
    subject.protocol = protocols::Protocol::udp;
    subject.client = client_;
    subject.user = user_;
    subject.rights = token_ ? &token_->rights : nullptr;
    subject.may_log_in = may_log_in_;
    subject.at = wall_clock();
    return subject;
}

// A reload may have taken the user away. A token ends while the association goes on, and each
// destination is a request of its own: none is reached by a token that could ask for no tunnel.
std::optional<policy::Decision> AssociationJudge::refuse_login() const
{
    if (!user_.empty() && !now_->configuration->users.contains(user_))
        return refused(policy::Reason::user_gone);
    if (token_ && login::is_expired(*token_, wall_clock()))
        return refused(policy::Reason::token_expired);
    return std::nullopt;
}

}  // namespace adit::gateway
