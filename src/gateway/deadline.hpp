// Absolute deadlines for the sessions of one worker. Thousands of them share one kernel timer,
// which is only set when a deadline comes nearer: moving one further away, or lifting it, costs no
// system call.
#pragma once

#include <chrono>
#include <functional>

#include <boost/intrusive/set.hpp>

#include "src/loop/awaitable.hpp"

namespace adit::gateway {

class Deadlines;

// Calls `passed` once when its time has come, on the loop, never from inside expires_after(). Gone
// when it is destroyed.
class Deadline : public boost::intrusive::set_base_hook<
                     boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
    Deadline(Deadlines& all, std::function<void()> passed) : all_{all}, passed_{std::move(passed)}
    {
    }
    Deadline(const Deadline&) = delete;
    Deadline& operator=(const Deadline&) = delete;

    void expires_after(std::chrono::milliseconds time);   // replaces what was set before
    void expires_within(std::chrono::milliseconds time);  // unless what was set is nearer
    void lift() { unlink(); }

    bool operator<(const Deadline& other) const { return at_ < other.at_; }

private:
    friend class Deadlines;

    Deadlines& all_;
    std::function<void()> passed_;
    std::chrono::steady_clock::time_point at_;
};

class Deadlines {
public:
    explicit Deadlines(asio::io_context& loop) : timer_{loop} {}
    Deadlines(const Deadlines&) = delete;
    Deadlines& operator=(const Deadlines&) = delete;

private:
    friend class Deadline;
    using Clock = std::chrono::steady_clock;

    void add(Deadline& deadline);
    void arm();
    void expire();

    boost::intrusive::multiset<Deadline, boost::intrusive::constant_time_size<false>> pending_;
    Timer timer_;
    Clock::time_point armed_for_ = Clock::time_point::max();
};

}  // namespace adit::gateway
