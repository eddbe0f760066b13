// How a session dials: nobody is dialled for a client that has left.
#include "src/gateway/session.hpp"
#include "src/gateway/worker.hpp"

namespace adit::gateway {

using namespace std::chrono_literals;

namespace {

// A client that says FIN while we dial has mostly left; one that only ended its own half (`nc -N`)
// gets this long.
constexpr auto half_closed_patience = 1s;

}  // namespace

Awaitable<dial::DialResult> Session::dial(const Asked& asked, const policy::Subject& subject,
                                          const Snapshot& now)
{
    deadline_.expires_after(now.configuration->limits.connect_timeout);
    const auto& target = asked.request.target;
    dial::Dial dial{worker_.dialer(), target, [&](const protocols::Address& address) {
                        return now.configuration->policy.judge(subject, target, address,
                                                               now.around);
                    }};
    watch_client(dial);
    auto dialled = co_await dial.run();
    unwatch_client();
    chronicle_.dial(dial.considered(), dial.dns_time(), dial.connect_time());
    co_return dialled;
}

// A client that leaves ends the wait.
void Session::watch_client(dial::Cancellable& wait)
{
    dialling_ = &wait;
    client_.watch({&on_client_stirring, this});
}

void Session::unwatch_client()
{
    client_.watch({});
    dialling_ = nullptr;
}

// Bytes may come early, and wait in the kernel until the tunnel stands. FIN and RST are what we
// look for; with early bytes, FIN is no goodbye, and RST stands behind them.
void Session::on_client_stirring(void* session, bool)
{
    auto& self = *static_cast<Session*>(session);
    const auto stirred = self.client_.peek();
    const bool is_left =
        stirred == Then::broken || (stirred == Then::go_on && self.client_.is_reset());
    if (is_left)
        return self.interrupt(Interruption::client_left);
    if (stirred == Then::ended && self.client_.received().empty()) {
        self.client_left_ = true;
        self.deadline_.expires_within(half_closed_patience);
    }
    self.client_.watch_on();
}

}  // namespace adit::gateway
