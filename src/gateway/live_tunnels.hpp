// Judges the tunnels of one worker again when the policy has changed: after a reload, and when a
// rule expires. Each by its own facts and its connected address; nothing is looked up.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "policy/configuration.hpp"
#include "src/gateway/snapshot.hpp"
#include "src/loop/awaitable.hpp"
#include "src/observe/record.hpp"

namespace adit::gateway {

class Session;

// Why tunnels are judged again.
enum class Event : std::uint8_t { reload, expiry };
std::string_view word(Event event);  // "reload", "expiry"

// What a live tunnel is judged by. A user who is gone is refused.
policy::Decision judge_again(const observe::Record& facts, const Snapshot& now,
                             policy::sys_seconds at);

// What came of judging again, of one worker or of all.
struct JudgedAgain {
    std::size_t pass = 0;  // which one this tells of
    std::size_t judged = 0;
    std::size_t refused = 0;
    std::vector<std::string> examples;  // of the refused, at most max_examples

    static constexpr std::size_t max_examples = 3;
    JudgedAgain& operator+=(const JudgedAgain& other);
};

// One judging of all tunnels, as the server orders it.
struct Review {
    std::size_t pass = 0;
    Event event = Event::reload;
    policy::ReloadSettings settings;
};

// On its worker's thread.
class LiveTunnels {
public:
    using Done = std::function<void(const JudgedAgain&)>;

    LiveTunnels(asio::io_context& loop, Done done)
        : loop_{loop}, timer_{loop}, done_{std::move(done)}
    {
    }
    LiveTunnels(const LiveTunnels&) = delete;
    LiveTunnels& operator=(const LiveTunnels&) = delete;

    // Judges these in slices, so that thousands of tunnels hold up no byte for long, and then says
    // what came of it. A pass that is still going on is given up: this one judges the same tunnels
    // by a newer policy. Who is refused anew keeps the earlier end of its grace time.
    void judge(const Review& review, SnapshotPtr now, std::vector<std::weak_ptr<Session>> sessions);

    // How many passes have begun. A request that was judged in an earlier one than its tunnel
    // began to stand in was missed by it; established() makes up for that.
    std::size_t pass() const { return review_.pass; }
    void established(Session& session, std::size_t judged_in, const Snapshot& now);

private:
    using Clock = std::chrono::steady_clock;
    struct Condemned {
        std::weak_ptr<Session> session;
        Clock::time_point at;
        std::unique_ptr<observe::Cause> cause;
    };

    void judge_slice(std::size_t pass);
    bool judge_one(Session& session, const Snapshot& now, policy::sys_seconds at);
    void condemn(Session& session, const policy::Decision& decision, const Snapshot& now);
    void finish();
    void close_later();
    void close_due();

    asio::io_context& loop_;
    Timer timer_;
    Done done_;
    Review review_;
    SnapshotPtr now_;                           // while a pass goes on
    std::vector<std::weak_ptr<Session>> left_;  // still to be judged, from the back
    JudgedAgain sum_;
    std::vector<Condemned> condemned_;
    std::unordered_map<const Session*, Clock::time_point> earlier_;  // ends of former passes
};

}  // namespace adit::gateway
