#include "src/dial/dialer.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "src/dial/connect.hpp"
#include "src/platform/clocks.hpp"
#include "src/platform/socket_address.hpp"

namespace adit::dial {

using platform::since;
using protocols::Ending;

// One connect(2). The loop may hold it a little longer than the dial does.
struct Dial::Attempt {
    Attempt(asio::io_context& loop, AddressVerdict allowed)
        : address{std::move(allowed.address)}, decision{allowed.decision}, socket{loop}
    {
    }

    void abandon()
    {
        boost::system::error_code closed_anyway;
        socket.close(closed_anyway);
    }

    Address address;
    policy::Decision decision;
    Socket socket;
    bool done = false;
    int error = 0;  // once done
};

Dial::Dial(Dialer& dialer, protocols::Target target, Candidates::Judge judge)
    : dialer_{dialer},
      port_{target.port},
      candidates_{std::move(target.host), std::move(judge)},
      wakeup_{std::make_shared<Wakeup>(dialer.loop())}
{
}

Dial::~Dial()
{
    for (const auto& attempt : attempts_)
        attempt->abandon();
}

Awaitable<DialResult> Dial::run()
{
    started_ = Clock::now();
    if (!cancelled_)
        candidates_.ask(dialer_.resolver(), [wakeup = wakeup_] { wakeup->wake(); });
    while (!cancelled_) {
        take_answers();
        drop_failures();
        if (auto* connected = winner())
            co_return finish(dialled(*connected));

        const auto next = eyeballs_.next(Clock::now());
        if (const auto* dial = std::get_if<Eyeballs::Dial>(&next)) {
            attempt(dial->address);
            continue;
        }
        if (std::holds_alternative<Eyeballs::Exhausted>(next))
            co_return finish(failure());
        if (const auto until = std::get<Eyeballs::Wait>(next).until)
            wake_at(*until);
        co_await wakeup_->wait();
    }
    co_return finish(candidates_.given_up());
}

void Dial::cancel()
{
    cancelled_ = true;
    wakeup_->wake();
}

void Dial::take_answers()
{
    while (const auto news = candidates_.next())
        eyeballs_.answered(news->family, news->allowed, Clock::now());
}

void Dial::attempt(const Address& address)
{
    if (!first_attempt_) {
        first_attempt_ = Clock::now();
        end_of_dns();
    }
    const auto attempt = std::make_shared<Attempt>(dialer_.loop(), *candidates_.find(address));
    attempts_.push_back(attempt);
    attempt->error = begin_connect(attempt->socket, {address, port_});
    if (attempt->error != EINPROGRESS) {
        attempt->done = true;
        return;
    }
    attempt->socket.async_wait(
        Socket::wait_write, [attempt, wakeup = wakeup_](boost::system::error_code abandoned) {
            attempt->error = abandoned ? abandoned.value() : pending_error(attempt->socket);
            attempt->done = true;
            wakeup->resume();
        });
}

void Dial::drop_failures()
{
    std::erase_if(attempts_, [this](const auto& attempt) {
        if (!attempt->done || attempt->error == 0)
            return false;
        const auto ending = ending_of(attempt->error);
        if (!failure_ || says_more(ending, failure_->ending))
            failure_ = DialFailure{ending, attempt->error, attempt->decision};
        attempt->abandon();
        eyeballs_.failed();
        return true;
    });
}

Dial::Attempt* Dial::winner() const
{
    for (const auto& attempt : attempts_)
        if (attempt->done)
            return attempt.get();
    return nullptr;
}

Dialled Dial::dialled(Attempt& attempt) const
{
    boost::system::error_code unknown;  // then the local end is told as 0.0.0.0:0
    const auto local = attempt.socket.local_endpoint(unknown);
    return {std::move(attempt.socket),
            {attempt.address, port_},
            unknown ? protocols::Endpoint{}
                    : platform::endpoint_of(local.data()).value_or(protocols::Endpoint{}),
            attempt.decision};
}

// Nothing is left to dial.
DialFailure Dial::failure() const
{
    return failure_ ? *failure_ : candidates_.failure();
}

// The others have lost: their sockets close now, not when the dial is destroyed.
DialResult Dial::finish(DialResult result)
{
    if (first_attempt_)
        connect_time_ = since(*first_attempt_);
    else if (!cancelled_)
        end_of_dns();
    for (const auto& attempt : attempts_)
        attempt->abandon();
    attempts_.clear();
    candidates_.stop();
    timer_.reset();
    return result;
}

void Dial::end_of_dns()
{
    if (candidates_.looks_up())
        dns_time_ = since(started_);
}

void Dial::wake_at(Clock::time_point when)
{
    if (!timer_)
        timer_ = std::make_unique<Timer>(dialer_.loop());
    else if (timer_->expiry() == when)
        return;
    timer_->expires_at(when);
    timer_->async_wait([wakeup = wakeup_](boost::system::error_code moved) {
        if (!moved)
            wakeup->wake();
    });
}

}  // namespace adit::dial
