// Who the client of a session is: whom its certificate names, or whose password it knows.
#include <algorithm>
#include <utility>

#include "src/gateway/session.hpp"
#include "src/gateway/worker.hpp"

namespace adit::gateway {

using namespace std::chrono_literals;
using protocols::Login;

namespace {

login::Origin origin_of(const Peer& peer)
{
    return peer.endpoint ? login::origin_of(peer.endpoint->address)
                         : login::origin_of_local(peer.uid);
}

}  // namespace

// The handshake of TLS, under the same deadline. The first name in the client's certificate that is
// a user's logs that user in.
Awaitable<bool> Session::secure(const tls::Context& context)
{
    const auto secured = co_await client_.secure(context);
    if (!secured) {
        chronicle_.protocol("unknown");
        chronicle_.reason(client_.tls()->failure());
        const bool told = interruption_ == Interruption::none;
        chronicle_.outcome(told                                      ? tls_failed
                           : interruption_ == Interruption::stopping ? stopped
                                                                     : handshake_timeout);
        if (told) {
            deadline_.expires_after(parting_time);
            co_await client_.part();
        }
        co_return false;
    }
    chronicle_.tls(client_.tls()->version());
    const auto& users = worker_.snapshot()->configuration->users;
    for (auto& name : client_.tls()->client_names())
        if (users.contains(name)) {
            certified_ = std::move(name);
            break;
        }
    chronicle_.user(certified_);
    co_return true;
}

// Whom a certificate has named is logged in already.
Login Session::asked_login() const
{
    return certified_.empty() ? listener_->login : Login::none;
}

// Whom a certificate has named has to show it anew once a reload may have changed what is taken for
// one.
bool Session::is_still_certified(const Snapshot& now) const
{
    if (certified_.empty())
        return true;
    const auto context = now.certificates.find(listener_->name);
    return context != now.certificates.end() && client_.tls()->is_of(*context->second);
}

// No value when the deadline passed first. A wrong password is answered late, the later the more
// there were.
Awaitable<std::optional<login::Answer>> Session::verified(const protocols::Credentials& credentials)
{
    const auto now = worker_.snapshot();
    Wakeup wakeup{worker_.loop()};
    verifying_ = &wakeup;
    const auto answer = co_await worker_.authenticator().verify(*now->configuration, credentials,
                                                                origin_of(client_.peer()), wakeup);
    if (answer && answer->hold > 0ms) {
        Deadline hold{worker_.deadlines(), [&] { wakeup.wake(); }};
        hold.expires_after(
            std::min(answer->hold, now->configuration->limits.handshake_timeout / 4));
        co_await wakeup.wait();
    }
    verifying_ = nullptr;
    co_return answer;
}

}  // namespace adit::gateway
