// Connects to a target: resolves its name, has each address judged, and dials exactly the allowed ones (RFC 8305). Knows
// the policy only as a question that it asks.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "policy/decision.hpp"
#include "protocols/target.hpp"
#include "src/dial/candidates.hpp"
#include "src/dial/eyeballs.hpp"
#include "src/loop/awaitable.hpp"
#include "src/loop/wakeup.hpp"

namespace adit::dial {

using protocols::Endpoint;

struct Dialled {
    Socket socket;              // connected and non-blocking; its options are the caller's business
    Endpoint address;           // the one that was judged and dialled
    Endpoint local;             // our own end
    policy::Decision decision;  // about `address`
};

using DialResult = std::variant<Dialled, DialFailure>;

// What the dials of one worker share.
class Dialer {
public:
    Dialer(asio::io_context& loop, Resolver& resolver) : loop_{loop}, resolver_{resolver} {}

    asio::io_context& loop() { return loop_; }
    Resolver& resolver() { return resolver_; }

private:
    asio::io_context& loop_;
    Resolver& resolver_;
};

// A wait that whoever began it can end.
class Cancellable {
public:
    virtual void cancel() = 0;

protected:
    ~Cancellable() = default;
};

// One dial. Lives as long as run() does, on the dialer's thread.
class Dial final : public Cancellable {
public:
    Dial(Dialer& dialer, protocols::Target target, Candidates::Judge judge);
    ~Dial();
    Dial(const Dial&) = delete;
    Dial& operator=(const Dial&) = delete;

    // Has no time limit of its own but the resolver's; the caller cancels when its patience ends. Failures:
    // address_not_allowed (both families have answered, every address was refused), name_unknown, name_timeout, limit
    // (too many names being looked up, no descriptor left), what ending_of(errno) says, or timed_out when cancelled.
    Awaitable<DialResult> run();

    // run() returns soon, with timed_out. At any time, also before run().
    void cancel() override;

    // Empty for a literal, and while DNS has not said enough to go on.
    std::optional<std::chrono::milliseconds> dns_time() const { return dns_time_; }
    // From the first attempt to the end of the dial; empty when nothing was dialled.
    std::optional<std::chrono::milliseconds> connect_time() const { return connect_time_; }
    // Every address that was judged, in the order of the answers.
    const std::vector<AddressVerdict>& considered() const { return candidates_.judged(); }

private:
    struct Attempt;
    using Clock = std::chrono::steady_clock;

    void take_answers();
    void attempt(const Address& address);
    void drop_failures();
    Attempt* winner() const;
    Dialled dialled(Attempt& attempt) const;
    DialFailure failure() const;
    DialResult finish(DialResult result);
    void end_of_dns();
    void wake_at(Clock::time_point when);

    Dialer& dialer_;
    std::uint16_t port_;
    Candidates candidates_;
    Eyeballs eyeballs_;
    std::shared_ptr<Wakeup> wakeup_;  // attempts that we gave up may still ring it
    std::unique_ptr<Timer> timer_;
    std::vector<std::shared_ptr<Attempt>> attempts_;
    std::optional<DialFailure> failure_;  // the most telling one so far
    bool cancelled_ = false;
    Clock::time_point started_;
    std::optional<Clock::time_point> first_attempt_;
    std::optional<std::chrono::milliseconds> dns_time_;
    std::optional<std::chrono::milliseconds> connect_time_;
};

}  // namespace adit::dial
