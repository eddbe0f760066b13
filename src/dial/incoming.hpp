// Waits for one connection from a target (SOCKS BIND, RFC 1928 §4): resolves its name, has each address judged, and
// takes a connection from an allowed one. All others are reset.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "src/dial/candidates.hpp"
#include "src/dial/dialer.hpp"

namespace adit::dial {

// Lives as long as its two waits do, on the dialer's thread.
class Incoming final : public Cancellable {
public:
    // Which port the peer comes from does not matter: the one of `from` is only judged.
    Incoming(Dialer& dialer, protocols::Host from, Candidates::Judge judge);
    ~Incoming();
    Incoming(const Incoming&) = delete;
    Incoming& operator=(const Incoming&) = delete;

    // Listens at a free port of the address that this machine would call the peer from, and says where: for a peer
    // with addresses of both families over IPv4, if it can be called so. Failures as Dial::run(), and what listening
    // may run into: limit, network_unreachable.
    Awaitable<std::variant<Endpoint, DialFailure>> open();

    // The first connection from an allowed address; nothing listens after it. To be called once open() has said where.
    // Has no time limit of its own, and waits for a descriptor when none is left. Failure: timed_out when cancelled.
    Awaitable<DialResult> peer();

    // Whichever of the two is waiting returns soon, with timed_out. At any time.
    void cancel() override;

    std::optional<std::chrono::milliseconds> dns_time() const { return dns_time_; }
    // From listening to the end of the wait.
    std::optional<std::chrono::milliseconds> wait_time() const { return wait_time_; }
    const std::vector<AddressVerdict>& considered() const { return candidates_.judged(); }

private:
    using Clock = std::chrono::steady_clock;

    Awaitable<std::vector<Address>> allowed();
    int listen_towards(const Address& address);
    std::optional<Dialled> take();
    DialResult finish(DialResult result);

    Dialer& dialer_;
    Candidates candidates_;
    std::shared_ptr<Wakeup> wakeup_;  // an answer of DNS may ring it late
    Acceptor acceptor_;
    Timer pause_;  // while there is no descriptor
    bool is_short_ = false;
    Endpoint at_;
    bool cancelled_ = false;
    std::optional<std::chrono::milliseconds> dns_time_;
    Clock::time_point listening_since_;
    std::optional<std::chrono::milliseconds> wait_time_;
};

}  // namespace adit::dial
