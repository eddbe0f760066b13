// One thread, one io_context, and every session that was begun on it until its close. Workers share
// nothing but the access log, the pool that hashes passwords, and the number of their sessions: a
// connection that comes to a busy one begins on another.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/intrusive/list.hpp>

#include "src/dial/dialer.hpp"
#include "src/dial/resolver.hpp"
#include "src/gateway/listener.hpp"
#include "src/gateway/live_tunnels.hpp"
#include "src/gateway/session.hpp"
#include "src/gateway/snapshot.hpp"
#include "src/http/pool.hpp"
#include "src/login/authenticator.hpp"
#include "src/observe/access_log.hpp"
#include "src/observe/log.hpp"
#include "src/observe/rule_counters.hpp"

namespace adit::gateway {

class Worker;

// What the workers have in common. Owned by the server, outlives them.
struct Commons {
    observe::Log log;
    observe::AccessLog& access_log;
    login::Common& logins;
    std::atomic<bool>& starved;  // out of descriptors, and it has been said
    std::string pseudonym;       // of this gateway, in Via: no other one has it
    udp::Census& associations;
    std::function<void()>
        on_quiet;  // called on a worker's thread when its last session ends while it drains
    LiveTunnels::Done
        on_judged;  // called on a worker's thread when it has judged its tunnels again
    const std::vector<std::unique_ptr<Worker>>& workers;  // complete before the first one runs
};

// What a start or a reload means to one worker. It takes effect as a whole: no connection sees half
// of it.
struct Change {
    using Facts = std::shared_ptr<const policy::Listener>;
    struct Opened {
        std::size_t listener;
        Facts facts;
        Descriptor socket;
    };

    SnapshotPtr snapshot;
    std::vector<Opened> opened;
    std::vector<std::pair<std::size_t, Facts>>
        kept;  // the socket stays, what is known of the listener is new
    std::vector<std::size_t> closed;
};

class Worker {
public:
    Worker(Commons commons, const SnapshotPtr& snapshot);
    ~Worker();

    // The thread's main function: serves until quit().
    void run();

    // For the server, from its own thread; each takes effect on the worker's.
    void apply(Change change);
    void drain();    // accepts no more; on_quiet follows when the last session has ended
    void end_all();  // interrupts every session
    void judge_again(const Review& review);  // every live tunnel, by the newest policy
    void quit();                             // run() returns; only after on_quiet

    // For the other workers, from their threads. A connection that was accepted for `listener` begins
    // here, unless the listener is closed by then.
    void take_over(std::size_t listener, Descriptor connection, const Stream::endpoint& from);
    // Its sessions, and the connections on their way to it.
    std::size_t load() const { return load_.load(std::memory_order_relaxed); }

    // For sessions, on the worker's thread.
    asio::io_context& loop() { return loop_; }
    const SnapshotPtr& snapshot() const { return snapshot_; }
    dial::Dialer& dialer() { return dialer_; }
    login::Authenticator& authenticator() { return authenticator_; }
    relay::Shared& relay_shared() { return relay_shared_; }
    Deadlines& deadlines() { return deadlines_; }
    LiveTunnels& live_tunnels() { return live_tunnels_; }
    observe::RuleCounters& rule_counters() { return rule_counters_; }  // any thread may read them
    http::Pool& pool() { return pool_; }
    const std::string& pseudonym() const { return commons_.pseudonym; }
    bool is_draining() const { return draining_; }
    udp::Census& census() { return commons_.associations; }
    udp::Shared& udp_shared() { return udp_shared_; }
    std::string next_request_id();
    void record(Session& session);  // of the request that has ended
    void ended(Session& session, const std::exception_ptr& surprise);

private:
    struct Door;  // a listening socket and its accept loop
    using Sessions = boost::intrusive::list<Session, boost::intrusive::constant_time_size<true>>;

    void open(Change::Opened opened);
    void close_doors();
    Awaitable<void> accept_from(std::shared_ptr<Door> door);
    int accept_one(Door& door);
    Worker* lighter();
    int adopt(Descriptor connection, const Stream::endpoint& from, const Change::Facts& facts);
    void out_of_descriptors(const std::string& why);
    void begin(Socket socket, const Stream::endpoint& from, const Change::Facts& facts);

    std::chrono::milliseconds sweep_interval() const;
    void sweep_later();
    void sweep();

    // Sockets and sessions live on this worker's thread alone, so Asio need not lock them; others
    // only post to the loop.
    asio::io_context loop_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
    asio::executor_work_guard<Executor> stay_{loop_.get_executor()};
    Commons commons_;
    SnapshotPtr snapshot_;
    dial::Resolver resolver_;
    dial::Dialer dialer_;
    login::Authenticator authenticator_;
    std::vector<std::uint8_t> scratch_;
    relay::Shared relay_shared_;
    http::Pool pool_;
    udp::Shared udp_shared_;
    Deadlines deadlines_;
    LiveTunnels live_tunnels_;
    observe::RuleCounters rule_counters_;
    Timer sweeper_;
    std::chrono::steady_clock::time_point started_;
    std::chrono::steady_clock::time_point starved_at_;
    std::vector<std::shared_ptr<Door>> doors_;
    Sessions sessions_;
    std::uint64_t next_id_;
    std::size_t asked_last_ = 0;  // by lighter()
    bool draining_ = false;
    alignas(64) std::atomic<std::size_t> load_{
        0};  // on a cache line of its own, for others read it
};

}  // namespace adit::gateway
