// The server itself: what it owns, and what happens to it. Its promise to others is server.hpp.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>

#include "src/control/server.hpp"
#include "src/gateway/doors.hpp"
#include "src/gateway/expiry_watch.hpp"
#include "src/gateway/judging_again.hpp"
#include "src/gateway/own_addresses.hpp"
#include "src/gateway/server.hpp"
#include "src/gateway/worker.hpp"
#include "src/login/lockout_news.hpp"
#include "src/observe/access_log.hpp"

namespace adit::gateway {

// Two threads: enough to hash some hundred passwords a minute, and never more than that of the
// machine.
inline constexpr std::size_t hashing_threads = 2;

class Server {
public:
    Server(policy::Configuration configuration, const Reload& reload, const observe::Log& log);
    ~Server();

    Result<void, std::string> start();
    void run() { loop_.run(); }

private:
    struct Entrance {
        std::size_t id;
        policy::Listener listener;  // as configured
        std::vector<protocols::Endpoint> endpoints;
        std::shared_ptr<control::SocketFile> file;
    };
    struct Plan {
        std::vector<Entrance> entrances;
        std::vector<BoundListener>
            bound;  // for those among `entrances` that are new, in their order
        std::vector<std::size_t> closed;
        Certificates certificates;
        std::optional<control::SocketFile> control =
            std::nullopt;  // a new place for the control socket
    };

    Result<Plan, std::string> plan(const policy::Configuration& configuration);
    const Entrance* find_open(const policy::Listener& listener) const;
    void apply(Plan plan);
    SnapshotPtr snapshot() const;
    static bool is_beside(const std::vector<Entrance>& entrances, const policy::Listener& listener);
    void announce(const Entrance& entrance) const;
    void admit(const Entrance& entrance) const;

    void listen_to_signals();
    void on_signal(int signal);
    void reload();
    void refuse_reload(const std::string& why);
    void reopen_log();
    std::string open_access_log(const policy::Configuration& configuration);
    void judge_again(Event event);
    void on_expiry(const std::vector<const policy::Rule*>& expired);
    std::string answer(std::string_view question) const;
    void stop();
    void end_all();
    void on_quiet();
    void watch_own_addresses();
    bool look_for_new_addresses();

    Reload reload_;
    observe::Log log_;
    std::shared_ptr<const policy::Configuration> configuration_;
    Certificates certificates_;
    OwnAddresses own_addresses_;

    asio::io_context loop_{1};
    asio::signal_set signals_{loop_};
    Timer address_timer_{loop_};
    Timer stop_timer_{loop_};
    ExpiryWatch expiry_watch_{loop_, [this](const auto& expired) { on_expiry(expired); }};
    control::Server control_;
    JudgingAgain judging_again_;

    observe::AccessLog access_log_;
    asio::thread_pool hashing_{hashing_threads};
    login::Common logins_{hashing_};
    login::LockoutNews lockout_news_;
    std::atomic<bool> starved_{false};
    udp::Census associations_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::vector<std::thread> threads_;
    std::vector<Entrance> entrances_;
    std::size_t next_entrance_ = 0;
    const Inherited inherited_ = platform::inherited_sockets();
    std::size_t quiet_workers_ = 0;
    bool stopping_ = false;
};

}  // namespace adit::gateway
