#include "src/dial/dialer.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "src/dial/connect.hpp"
#include "src/platform/socket_address.hpp"

namespace adit::dial {

using protocols::Ending;

namespace {

std::chrono::milliseconds since(std::chrono::steady_clock::time_point start)
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                 start);
}

}  // namespace

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

Dial::Dial(Dialer& dialer, protocols::Target target, Judge judge)
    : dialer_{dialer},
      target_{std::move(target)},
      judge_{std::move(judge)},
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
        resolve();
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
    co_return finish(given_up());
}

void Dial::cancel()
{
    cancelled_ = true;
    wakeup_->wake();
}

void Dial::resolve()
{
    if (const auto* name = std::get_if<protocols::Domain>(&target_.host)) {
        lookup_ = std::make_unique<Lookup>(dialer_.resolver(), *name,
                                           [wakeup = wakeup_] { wakeup->wake(); });
        return;
    }
    const auto address = std::get<Address>(target_.host);
    const bool is_v6 = protocols::unmapped(address).is_v6();
    consider(is_v6 ? Family::ipv4 : Family::ipv6, {});
    consider(is_v6 ? Family::ipv6 : Family::ipv4, {address});
}

void Dial::take_answers()
{
    if (!lookup_)
        return;
    for (const auto family : {Family::ipv6, Family::ipv4}) {
        auto& taken = taken_[static_cast<std::size_t>(family)];
        const auto& answer = lookup_->answer(family);
        if (!taken && answer) {
            taken = true;
            consider(family, answer->addresses);
        }
    }
}

// Judges what DNS says; only what is allowed goes any further.
void Dial::consider(Family family, const std::vector<Address>& addresses)
{
    std::vector<Address> allowed;
    for (const auto& answered : addresses) {
        const auto address = protocols::unmapped(answered);
        const bool known = verdict_on(address) != nullptr;
        if (known || considered_.size() == most_addresses)
            continue;
        considered_.push_back({address, judge_(address)});
        if (considered_.back().decision.allowed())
            allowed.push_back(address);
    }
    eyeballs_.answered(family, allowed, Clock::now());
}

const AddressVerdict* Dial::verdict_on(const Address& address) const
{
    const auto found = std::find_if(considered_.begin(), considered_.end(),
                                    [&](const auto& one) { return one.address == address; });
    return found == considered_.end() ? nullptr : &*found;
}

void Dial::attempt(const Address& address)
{
    if (!first_attempt_) {
        first_attempt_ = Clock::now();
        end_of_dns();
    }
    const auto attempt = std::make_shared<Attempt>(dialer_.loop(), *verdict_on(address));
    attempts_.push_back(attempt);
    attempt->error = begin_connect(attempt->socket, {address, target_.port});
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
            {attempt.address, target_.port},
            unknown ? protocols::Endpoint{}
                    : platform::endpoint_of(local.data()).value_or(protocols::Endpoint{}),
            attempt.decision};
}

// Nothing is left to dial.
DialFailure Dial::failure() const
{
    if (failure_)
        return *failure_;
    if (!considered_.empty())
        return {Ending::address_not_allowed, 0, considered_.front().decision};
    const auto any = [this](Found found) {
        return lookup_->answer(Family::ipv6)->found == found ||
               lookup_->answer(Family::ipv4)->found == found;
    };
    if (any(Found::overloaded))
        return {Ending::limit, 0, {}};
    return {any(Found::silence) ? Ending::name_timeout : Ending::name_unknown, 0, {}};
}

// The caller's patience has ended. What was allowed by then is still what the policy said.
DialFailure Dial::given_up() const
{
    const auto allowed = std::find_if(considered_.begin(), considered_.end(),
                                      [](const auto& one) { return one.decision.allowed(); });
    return {Ending::timed_out, 0,
            allowed == considered_.end() ? policy::Decision{} : allowed->decision};
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
    lookup_.reset();
    timer_.reset();
    return result;
}

void Dial::end_of_dns()
{
    if (lookup_)
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
