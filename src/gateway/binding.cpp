// SOCKS BIND (RFC 1928 §4): one connection from the destination to this gateway, judged like one to it. The client is
// answered twice: where the gateway listens, and who has come.
#include <utility>

#include "src/dial/incoming.hpp"
#include "src/gateway/session.hpp"
#include "src/gateway/worker.hpp"

namespace adit::gateway {

using protocols::Answer;
using protocols::Ending;

// True when another request may follow, as after any refusal.
Awaitable<bool> Session::await_peer(Handshake& handshake, const Asked& asked,
                                    const policy::Subject& subject, const Snapshot& now,
                                    std::uint64_t judged_in)
{
    const auto& limits = now.configuration->limits;
    const auto& target = asked.request.target;
    dial::Incoming incoming{worker_.dialer(), target.host, [&](const protocols::Address& address) {
                                return now.configuration->policy.judge(subject, target, address,
                                                                       now.around);
                            }};
    deadline_.expires_after(limits.connect_timeout);
    watch_client(incoming);
    const auto opened = co_await incoming.open();
    unwatch_client();
    if (const auto* failure = std::get_if<dial::DialFailure>(&opened)) {
        chronicle_.dial(incoming.considered(), incoming.dns_time(), incoming.wait_time());
        const auto another = co_await refuse(handshake, *failure);
        co_return another;
    }
    Answer answer;
    answer.ending = Ending::established;
    answer.bound = std::get<dial::Endpoint>(opened);
    const auto invited = co_await client_.send(last_words(handshake, answer));
    deadline_.expires_after(limits.connect_timeout);
    watch_client(incoming);
    if (!invited)
        interrupt(Interruption::client_left);
    auto come = co_await incoming.peer();
    unwatch_client();
    chronicle_.dial(incoming.considered(), incoming.dns_time(), incoming.wait_time());
    if (const auto* failure = std::get_if<dial::DialFailure>(&come)) {
        const auto another = co_await refuse(handshake, *failure);
        co_return another;
    }
    auto& peer = std::get<dial::Dialled>(come);
    answer.bound = peer.address;
    co_await stand(handshake, asked, std::move(peer), answer, judged_in);
    co_return false;
}

}  // namespace adit::gateway
