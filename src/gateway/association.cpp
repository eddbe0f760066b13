// UDP ASSOCIATE: nothing is dialled, and every datagram's destination is judged. The session's part
// of it; the datagrams themselves are carried by src/udp.
#include <utility>

#include "src/dial/connect.hpp"
#include "src/gateway/association_judge.hpp"
#include "src/gateway/session.hpp"
#include "src/gateway/worker.hpp"
#include "src/platform/socket_address.hpp"

namespace adit::gateway {

using protocols::Answer;
using protocols::Ending;
using protocols::Fault;
using protocols::Hangup;

// True when another request may follow, as after any refusal.
Awaitable<bool> Session::associate(Handshake& handshake, const Asked& asked)
{
    const auto now = worker_.snapshot();
    const auto judged_in = worker_.live_tunnels().pass();
    chronicle_.association(*now);
    const auto local = platform::local_endpoint_of(client_.socket().native_handle());
    const auto& peer = client_.peer().endpoint;
    if (!local || !peer) {
        const auto another =
            co_await refuse(handshake, Hangup{Ending::not_allowed, Fault::protocol_not_open});
        co_return another;
    }

    auto judge = std::make_unique<AssociationJudge>(worker_, *listener_, peer->address, asked.user,
                                                    asked.token);
    if (const auto decision = judge->refuse_all()) {
        const auto another = co_await refuse(handshake, *decision, Ending::not_allowed);
        co_return another;
    }
    auto place = worker_.census().admit(peer->address);
    auto relay = udp::open_at(worker_.loop(), listener_->udp.bind.value_or(local->address),
                              listener_->udp.ports);
    if (!place || !relay) {
        const auto another = co_await refuse(handshake, Hangup{Ending::limit, Fault::none});
        co_return another;
    }

    const auto at = udp::place_of(*relay);
    chronicle_.local(at);
    Answer answer;
    answer.ending = Ending::established;
    answer.bound = {listener_->udp.advertise.value_or(at.address), at.port};
    const auto told = co_await client_.send(last_words(handshake, answer));
    if (!told || interruption_ == Interruption::stopping) {
        chronicle_.outcome(interruption_ == Interruption::stopping ? stopped : client_gone);
        co_return false;
    }
    interruption_ = Interruption::none;
    deadline_.lift();
    association_ =
        std::make_shared<udp::Association>(worker_.udp_shared(), std::move(judge), client_.socket(),
                                           peer->address, std::move(*relay), std::move(*place));
    worker_.live_tunnels().established(*this, judged_in, *worker_.snapshot());
    co_return false;
}

void Session::carry_datagrams()
{
    association_->start([self = shared_from_this()](const udp::Totals& totals) {
        self->chronicle_.datagrams(totals, self->interruption_);
        self->worker_.ended(*self, nullptr);
    });
}

}  // namespace adit::gateway
