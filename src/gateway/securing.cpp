// A session's TLS: the handshake, and whom the client's certificate names.
#include <utility>

#include "src/gateway/session.hpp"
#include "src/gateway/worker.hpp"

namespace adit::gateway {

using namespace std::chrono_literals;
using protocols::Login;

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

}  // namespace adit::gateway
