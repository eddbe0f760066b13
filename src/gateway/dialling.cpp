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
    auto dialled = co_await watched(dial);
    chronicle_.dial(dial);
    co_return dialled;
}

// Dials while it keeps an eye on the client.
Awaitable<dial::DialResult> Session::watched(dial::Dial& dial)
{
    dialling_ = &dial;
    watch_client();
    auto dialled = co_await dial.run();
    dialling_ = nullptr;
    boost::system::error_code nothing_to_cancel;
    client_.socket().cancel(nothing_to_cancel);
    co_return dialled;
}

void Session::watch_client()
{
    client_.socket().async_wait(Socket::wait_read,
                                [self = shared_from_this()](boost::system::error_code error) {
                                    if (!error && self->dialling_ != nullptr)
                                        self->on_client_stirring();
                                });
}

// Bytes may come early, and wait in the kernel until the tunnel stands. FIN and RST are what we
// look for; with early bytes, FIN is no goodbye.
void Session::on_client_stirring()
{
    const auto stirred = client_.peek();
    if (stirred == Then::when_readable || stirred == Then::when_writable)
        return watch_client();
    if (stirred == Then::broken)
        return interrupt(Interruption::client_left);
    if (stirred == Then::ended && client_.received().empty()) {
        client_left_ = true;
        deadline_.expires_within(half_closed_patience);
    }
    watch_for_reset();
}

void Session::watch_for_reset()
{
    client_.socket().async_wait(
        Socket::wait_error, [self = shared_from_this()](boost::system::error_code cancelled) {
            if (!cancelled && self->dialling_ != nullptr && self->client_.is_reset())
                self->interrupt(Interruption::client_left);
        });
}

}  // namespace adit::gateway
