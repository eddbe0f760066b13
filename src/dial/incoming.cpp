#include "src/dial/incoming.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <sys/socket.h>

#include <boost/asio/ip/udp.hpp>

#include "src/dial/connect.hpp"
#include "src/platform/clocks.hpp"
#include "src/platform/descriptor.hpp"
#include "src/platform/socket_address.hpp"

namespace adit::dial {

using platform::Descriptor;
using platform::since;
using protocols::Ending;

namespace {

// The peer, and a few who are sent away.
constexpr int backlog = 8;

// How long to leave the queue alone when there is no descriptor.
constexpr std::chrono::milliseconds shortage_pause{100};

// The address of ours that Linux's routes choose for this peer. Nothing is sent. The errno when there is none.
Result<Address, int> our_address_towards(const Address& peer)
{
    const asio::ip::udp::endpoint to{peer, 9};
    const Descriptor socket{
        ::socket(to.protocol().family(), SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP)};
    if (socket.get() < 0 ||
        ::connect(socket.get(), to.data(), static_cast<socklen_t>(to.size())) != 0)
        return errno;
    const auto local = platform::local_endpoint_of(socket.get());
    if (!local)
        return EADDRNOTAVAIL;
    return local->address;
}

// So that a stranger is told at once, and knows that nobody has read a byte.
void send_away(const Descriptor& stranger)
{
    const linger at_once{1, 0};
    (void)::setsockopt(stranger.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace

Incoming::Incoming(Dialer& dialer, protocols::Host from, Candidates::Judge judge)
    : dialer_{dialer},
      candidates_{std::move(from), std::move(judge)},
      wakeup_{std::make_shared<Wakeup>(dialer.loop())},
      acceptor_{dialer.loop()},
      pause_{dialer.loop()}
{
}

Incoming::~Incoming() = default;

Awaitable<std::variant<Endpoint, DialFailure>> Incoming::open()
{
    const auto addresses = co_await allowed();
    if (cancelled_)
        co_return candidates_.given_up();
    if (addresses.empty())
        co_return candidates_.failure();
    int error = 0;
    for (const auto& address : addresses) {
        error = listen_towards(address);
        if (error == 0) {
            listening_since_ = Clock::now();
            co_return at_;
        }
    }
    co_return DialFailure{ending_of(error), error, candidates_.find(addresses.back())->decision};
}

// Both families are heard out. The reply has room for one address, and whom it is passed on to knows
// IPv4 rather than IPv6: so that comes first.
Awaitable<std::vector<Address>> Incoming::allowed()
{
    const auto began = Clock::now();
    std::vector<Address> all;
    if (!cancelled_)
        candidates_.ask(dialer_.resolver(), [wakeup = wakeup_] { wakeup->wake(); });
    while (!cancelled_) {
        while (const auto news = candidates_.next())
            all.insert(all.end(), news->allowed.begin(), news->allowed.end());
        if (candidates_.complete())
            break;
        co_await wakeup_->wait();
    }
    if (candidates_.looks_up())
        dns_time_ = since(began);
    std::stable_partition(all.begin(), all.end(),
                          [](const Address& address) { return address.is_v4(); });
    co_return all;
}

// 0, or the errno of what went wrong.
int Incoming::listen_towards(const Address& address)
{
    const auto ours = our_address_towards(address);
    if (!ours)
        return ours.error();
    const tcp::endpoint at{*ours, 0};
    Descriptor socket{
        ::socket(at.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP)};
    if (socket.get() < 0 ||
        ::bind(socket.get(), at.data(), static_cast<socklen_t>(at.size())) != 0 ||
        ::listen(socket.get(), backlog) != 0)
        return errno;
    const auto bound = platform::local_endpoint_of(socket.get());
    if (!bound)
        return EADDRNOTAVAIL;
    at_ = *bound;
    boost::system::error_code error;
    acceptor_.assign(at.protocol(), socket.get(), error);
    if (!error)
        (void)socket.release();  // the acceptor owns it now
    return error.value();
}

Awaitable<DialResult> Incoming::peer()
{
    while (!cancelled_) {
        co_await acceptor_.async_wait(Acceptor::wait_read, as_values);
        if (cancelled_)
            break;
        if (auto taken = take())
            co_return finish(std::move(*taken));
        if (std::exchange(is_short_, false)) {
            pause_.expires_after(shortage_pause);
            co_await pause_.async_wait(as_values);
        }
    }
    co_return finish(candidates_.given_up());
}

// Takes whoever is waiting, until it is the peer. After a handful of strangers the others have their turn.
std::optional<Dialled> Incoming::take()
{
    for (int strangers = 0; strangers < backlog; ++strangers) {
        sockaddr_storage from{};
        socklen_t size = sizeof from;
        auto* address = reinterpret_cast<sockaddr*>(&from);
        Descriptor accepted{
            ::accept4(acceptor_.native_handle(), address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC)};
        if (!accepted.is_open()) {
            is_short_ = is_shortage(errno);
            return std::nullopt;  // or one that died in the queue
        }
        const auto who = platform::endpoint_of(address);
        const auto* verdict = who ? candidates_.find(protocols::unmapped(who->address)) : nullptr;
        if (verdict == nullptr || verdict->decision.refused()) {
            send_away(accepted);
            continue;
        }
        Socket socket{dialer_.loop()};
        boost::system::error_code error;
        socket.adopt({from.ss_family, 0}, accepted.get(), error);
        if (error)
            return std::nullopt;
        (void)accepted.release();  // the socket owns it now
        socket.be_quiet();
        return Dialled{std::move(socket), {verdict->address, who->port}, at_, verdict->decision};
    }
    return std::nullopt;
}

DialResult Incoming::finish(DialResult result)
{
    wait_time_ = since(listening_since_);
    boost::system::error_code closed_anyway;
    acceptor_.close(closed_anyway);
    return result;
}

void Incoming::cancel()
{
    cancelled_ = true;
    wakeup_->wake();
    boost::system::error_code nothing_to_cancel;
    acceptor_.cancel(nothing_to_cancel);
    pause_.cancel();
}

}  // namespace adit::dial
