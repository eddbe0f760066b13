// Asks the newest policy on behalf of one UDP association.
#pragma once

#include <memory>
#include <string>

#include "policy/configuration.hpp"
#include "protocols/token.hpp"
#include "src/gateway/snapshot.hpp"
#include "src/udp/judge.hpp"

namespace adit::gateway {

class Worker;

class AssociationJudge : public udp::Judge {
public:
    AssociationJudge(Worker& worker, const policy::Listener& listener, protocols::Address client,
                     std::string user, std::shared_ptr<const protocols::Token> token);

    // A refusal, if nothing could be allowed.
    std::optional<policy::Decision> refuse_all();

    std::uint64_t policy() override;
    std::optional<policy::Decision> refuse_by_name(const protocols::Target& target) override;
    policy::Decision judge(const protocols::Target& target,
                           const protocols::Address& address) override;
    bool is_own(const protocols::Address& address) const override;
    void decided(const policy::Decision& decision) override;

private:
    policy::Subject subject() const;
    std::optional<policy::Decision> refuse_login() const;

    Worker& worker_;
    std::string listener_;
    bool may_log_in_;
    protocols::Address client_;
    std::string user_;
    std::shared_ptr<const protocols::Token> token_;  // narrows what the user may reach; or null
    SnapshotPtr now_;                                // kept, so that another one is another pointer
    std::uint64_t policy_ = 1;
};

}  // namespace adit::gateway
