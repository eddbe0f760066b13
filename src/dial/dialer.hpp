// Connects to a target: resolves its name, has each address judged, and dials exactly the allowed ones (RFC 8305). Knows
// the policy only as a question that it asks.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "policy/decision.hpp"
#include "protocols/ending.hpp"
#include "protocols/target.hpp"
#include "src/dial/eyeballs.hpp"
#include "src/dial/resolver.hpp"
#include "src/gateway/awaitable.hpp"
#include "src/gateway/wakeup.hpp"

namespace adit::dial {

using protocols::Endpoint;

struct AddressVerdict {
    Address address;
    policy::Decision decision;
};

struct Dialled {
    Socket socket;              // connected and non-blocking; its options are the caller's business
    Endpoint address;           // the one that was judged and dialled
    Endpoint local;             // our own end
    policy::Decision decision;  // about `address`
};

struct DialFailure {
    protocols::Ending ending = protocols::Ending::internal;
    int error = 0;  // errno of the attempt that `ending` tells of; 0 when nothing was dialled
    policy::Decision
        decision;  // about the first refused address, or about the one that `ending` tells of
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

// One dial. Lives as long as run() does, on the dialer's thread.
class Dial {
public:
    using Judge = std::function<policy::Decision(const Address&)>;

    // `judge` is asked once for each address, at most 16 of them; IPv4-mapped ones have been unmapped.
    Dial(Dialer& dialer, protocols::Target target, Judge judge);
    ~Dial();
    Dial(const Dial&) = delete;
    Dial& operator=(const Dial&) = delete;

    // Has no time limit of its own but the resolver's; the caller cancels when its patience ends. Failures:
    // address_not_allowed (both families have answered, every address was refused), name_unknown, name_timeout, limit
    // (too many names being looked up, no descriptor left), what ending_of(errno) says, or timed_out when cancelled.
    Awaitable<DialResult> run();

    // run() returns soon, with timed_out. At any time, also before run().
    void cancel();

    // Empty for a literal, and while DNS has not said enough to go on.
    std::optional<std::chrono::milliseconds> dns_time() const { return dns_time_; }
    // From the first attempt to the end of the dial; empty when nothing was dialled.
    std::optional<std::chrono::milliseconds> connect_time() const { return connect_time_; }
    // Every address that was judged, in the order of the answers.
    const std::vector<AddressVerdict>& considered() const { return considered_; }

private:
    struct Attempt;
    using Clock = std::chrono::steady_clock;

    void resolve();
    void take_answers();
    void consider(Family family, const std::vector<Address>& addresses);
    const AddressVerdict* verdict_on(const Address& address) const;
    void attempt(const Address& address);
    void drop_failures();
    Attempt* winner() const;
    Dialled dialled(Attempt& attempt) const;
    DialFailure failure() const;
    DialFailure given_up() const;
    DialResult finish(DialResult result);
    void end_of_dns();
    void wake_at(Clock::time_point when);

    Dialer& dialer_;
    protocols::Target target_;
    Judge judge_;
    Eyeballs eyeballs_;
    std::shared_ptr<Wakeup> wakeup_;  // attempts that we gave up may still ring it
    std::unique_ptr<Lookup> lookup_;
    std::unique_ptr<Timer> timer_;
    std::vector<std::shared_ptr<Attempt>> attempts_;
    std::vector<AddressVerdict> considered_;
    std::optional<DialFailure> failure_;  // the most telling one so far
    bool taken_[2] = {false, false};      // by Family: its answer has been judged
    bool cancelled_ = false;
    Clock::time_point started_;
    std::optional<Clock::time_point> first_attempt_;
    std::optional<std::chrono::milliseconds> dns_time_;
    std::optional<std::chrono::milliseconds> connect_time_;
};

}  // namespace adit::dial
