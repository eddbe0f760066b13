// Lives on the main thread; the workers do the work on theirs. Everything that changes at run time
// passes through apply(): a start, a reload, and an interface that got a new address.
#include "src/gateway/server.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

#include <unistd.h>

#include <fmt/format.h>
#include <boost/asio/post.hpp>

#include "src/control/answers.hpp"
#include "src/gateway/serving.hpp"
#include "src/platform/system.hpp"

namespace adit::gateway {

using namespace std::chrono_literals;

namespace {

constexpr auto address_interval = 10s;  // how often the machine's own addresses are read again

// After the last warning: long enough to write the records, short enough for a person who pressed
// Ctrl-C twice.
constexpr auto last_grace = 2s;

}  // namespace

Server::Server(policy::Configuration configuration, const Reload& reload, const observe::Log& log)
    : reload_{reload},
      log_{log},
      configuration_{std::make_shared<policy::Configuration>(std::move(configuration))},
      control_{loop_, [this](std::string_view question) { return answer(question); }, log},
      judging_again_{log},
      access_log_{log}
{
    logins_.on_lockout = [this](const login::Origin& client, std::chrono::milliseconds lockout) {
        const auto now = std::chrono::steady_clock::now();
        if (const auto line = lockout_news_.tell(client, lockout, now))
            log_.warning(*line);
    };
}

// The order of an end: workers first, for their records; then the pool that wakes them; then the
// log.
Server::~Server()
{
    for (const auto& worker : workers_)
        worker->quit();
    for (auto& thread : threads_)
        thread.join();
    hashing_.join();
}

Result<void, std::string> Server::start()
{
    // Without them its own services would be open to everybody, so it does not begin.
    if (auto known = own_addresses_.look(); !known)
        return known.error();
    const auto cores =
        configuration_->workers > 0 ? configuration_->workers : platform::usable_cores();
    const Commons commons{log_,
                          access_log_,
                          logins_,
                          starved_,
                          fmt::format("adit-{:016x}", platform::random_bits()),
                          associations_,
                          [this] { asio::post(loop_, [this] { on_quiet(); }); },
                          [this](const JudgedAgain& judged) {
                              asio::post(loop_, [this, judged] { judging_again_.add(judged); });
                          },
                          workers_};
    for (unsigned i = 0; i < cores; ++i)
        workers_.push_back(std::make_unique<Worker>(commons, snapshot()));

    auto planned = plan(*configuration_);
    if (!planned)
        return planned.error();
    if (auto refused = open_access_log(*configuration_); !refused.empty())
        return refused;
    for (const int signal : {SIGHUP, SIGUSR1, SIGTERM, SIGINT})
        signals_.add(signal);
    listen_to_signals();
    apply(std::move(*planned));
    expiry_watch_.watch({configuration_, &configuration_->policy});
    for (const auto& worker : workers_)
        threads_.emplace_back([&worker = *worker] { worker.run(); });
    watch_own_addresses();
    log_.info(fmt::format("ready: {} worker{}, policy {}", cores, cores == 1 ? "" : "s",
                          configuration_->hash));
    return {};
}

// What must be bound for `configuration`, and is: nothing has changed yet when this fails.
Result<Server::Plan, std::string> Server::plan(const policy::Configuration& configuration)
{
    Plan plan;
    auto certificates = open_certificates(configuration);
    if (!certificates)
        return certificates.error();
    plan.certificates = std::move(*certificates);
    for (const auto& listener : configuration.listeners) {
        if (const auto* open = find_open(listener)) {
            if (listener.unix_socket)
                if (const auto access = access_to(*listener.unix_socket); !access)
                    return fmt::format("{}: {}", place(listener, {}), access.error());
            plan.entrances.push_back({open->id, listener, open->endpoints, open->file});
            continue;
        }
        const bool beside_own =
            is_beside(entrances_, listener) || is_beside(plan.entrances, listener);
        auto bound = open_listener(listener, workers_.size(), beside_own, inherited_);
        if (!bound)
            return bound.error();
        plan.entrances.push_back({next_entrance_++, listener, bound->endpoints, bound->file});
        plan.bound.push_back(std::move(*bound));
    }
    for (const auto& open : entrances_)
        if (std::none_of(plan.entrances.begin(), plan.entrances.end(),
                         [&](const Entrance& kept) { return kept.id == open.id; }))
            plan.closed.push_back(open.id);
    if (!configuration.control.empty() && configuration.control != control_.path()) {
        auto bound = control::SocketFile::bind(configuration.control);
        if (!bound)
            return bound.error();
        plan.control = std::move(*bound);
    }
    return plan;
}

bool Server::is_beside(const std::vector<Entrance>& entrances, const policy::Listener& listener)
{
    return std::any_of(entrances.begin(), entrances.end(), [&](const Entrance& open) {
        return overlaps(open.listener, open.endpoints, listener);
    });
}

// What already serves this listener. A file that somebody has removed serves nobody.
const Server::Entrance* Server::find_open(const policy::Listener& listener) const
{
    const auto found =
        std::find_if(entrances_.begin(), entrances_.end(), [&](const Entrance& open) {
            return is_same_place(open.listener, listener) &&
                   (!open.file || open.file->is_still_there());
        });
    return found == entrances_.end() ? nullptr : &*found;
}

void Server::apply(Plan plan)
{
    if (plan.control)
        control_.serve(std::move(*plan.control));
    else if (configuration_->control.empty())
        control_.close();
    certificates_ = std::move(plan.certificates);
    const auto before = std::exchange(entrances_, std::move(plan.entrances));
    const auto was_open = [&](const Entrance& entrance) {
        return std::any_of(before.begin(), before.end(),
                           [&](const Entrance& open) { return open.id == entrance.id; });
    };
    for (std::size_t worker = 0; worker < workers_.size(); ++worker) {
        Change change{snapshot(), {}, {}, plan.closed};
        auto bound = plan.bound.begin();
        for (const auto& entrance : entrances_) {
            auto facts = std::make_shared<const policy::Listener>(entrance.listener);
            if (was_open(entrance))
                change.kept.emplace_back(entrance.id, std::move(facts));
            else
                for (auto& socket : bound++->sockets[worker])
                    change.opened.push_back({entrance.id, facts, std::move(socket)});
        }
        workers_[worker]->apply(std::move(change));
    }
    for (const auto& entrance : entrances_) {
        if (!was_open(entrance))
            announce(entrance);
        else if (entrance.file)
            admit(entrance);
    }
    for (const auto& open : before)
        if (std::find(plan.closed.begin(), plan.closed.end(), open.id) != plan.closed.end())
            log_.info(fmt::format("no longer listening on {} ({})",
                                  place(open.listener, open.endpoints), open.listener.name));
}

SnapshotPtr Server::snapshot() const
{
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->configuration = configuration_;
    snapshot->certificates = certificates_;
    auto& around = snapshot->around;
    around.own_addresses = own_addresses_.last();
    around.own_addresses.insert(around.own_addresses.end(), configuration_->own_addresses.begin(),
                                configuration_->own_addresses.end());
    for (const auto& entrance : entrances_)
        around.listeners.insert(around.listeners.end(), entrance.endpoints.begin(),
                                entrance.endpoints.end());
    around.nat64 = configuration_->resolver.nat64;
    return snapshot;
}

void Server::announce(const Entrance& entrance) const
{
    log_.info(fmt::format("listening on {} ({})", place(entrance.listener, entrance.endpoints),
                          entrance.listener.name));
}

// A reload may have another mode or group for a unix socket that stays.
void Server::admit(const Entrance& entrance) const
{
    const auto access = access_to(*entrance.listener.unix_socket);
    const auto refused = access ? entrance.file->give(*access) : access.error();
    if (refused)
        log_.error(*refused);
}

void Server::listen_to_signals()
{
    signals_.async_wait([this](boost::system::error_code error, int signal) {
        if (error)
            return;
        listen_to_signals();
        on_signal(signal);
    });
}

void Server::on_signal(int signal)
{
    if (signal == SIGUSR1)
        return reopen_log();
    if (signal == SIGHUP)
        return stopping_ ? log_.warning("reload refused: the gateway is stopping") : reload();
    if (!stopping_)
        return stop();
    log_.info("stopping at once");
    end_all();
}

// All or nothing: what can fail is done before the first thing changes.
void Server::reload()
{
    auto loaded = reload_();
    if (!loaded)
        return refuse_reload(loaded.error());
    auto planned = plan(*loaded);
    if (!planned)
        return refuse_reload(planned.error());
    if (const auto refused = open_access_log(*loaded); !refused.empty())
        return refuse_reload(refused);

    if (loaded->workers != configuration_->workers)
        log_.warning("the number of workers changes at the next start, not at a reload");
    configuration_ = std::make_shared<policy::Configuration>(std::move(*loaded));
    look_for_new_addresses();
    log_.set_level(configuration_->log.level);
    apply(std::move(*planned));
    expiry_watch_.watch({configuration_, &configuration_->policy});
    log_.info(fmt::format("reloaded: policy {}", configuration_->hash));
    judge_again(Event::reload);
}

void Server::judge_again(Event event)
{
    if (configuration_->on_reload.tunnels == policy::OnReload::keep)
        return;
    const auto review = judging_again_.begin(event, configuration_->on_reload, workers_.size());
    for (const auto& worker : workers_)
        worker->judge_again(review);
}

void Server::on_expiry(const std::vector<const policy::Rule*>& expired)
{
    for (const auto* rule : expired)
        log_.warning(fmt::format("the rule \"{}\" has expired{}{}", rule->name,
                                 rule->life.owner.empty() ? "" : "; its owner is ",
                                 rule->life.owner));
    judge_again(Event::expiry);
}

std::string Server::answer(std::string_view question) const
{
    observe::RuleCounts counts;
    for (const auto& worker : workers_)
        worker->rule_counters().add_to(counts);
    return control::answer(question, {*snapshot(), counts, std::chrono::system_clock::now(),
                                      logins_.guard.counts(), access_log_.losses()});
}

void Server::refuse_reload(const std::string& why)
{
    log_.error(fmt::format("reload refused, policy {} stays: {}", configuration_->hash, why));
}

std::string Server::open_access_log(const policy::Configuration& configuration)
{
    return access_log_.open(configuration.log.access, configuration.log.when_full);
}

void Server::reopen_log()
{
    const auto refused = open_access_log(*configuration_);
    if (refused.empty())
        log_.info("access log reopened");
    else
        log_.error(fmt::format("{}; the old file is still in use", refused));
}

void Server::stop()
{
    stopping_ = true;
    const auto patience = configuration_->limits.drain_timeout;
    log_.info(
        fmt::format("stopping: live tunnels have {:g} s to end; a second signal ends them at once",
                    static_cast<double>(patience.count()) / 1000));
    for (const auto& worker : workers_)
        worker->drain();
    for (auto& entrance : entrances_)
        entrance.file.reset();  // the next one to start finds the place free
    stop_timer_.expires_after(patience);
    stop_timer_.async_wait([this](boost::system::error_code moved) {
        if (moved)
            return;
        log_.warning("stopping: the time is up, ending the tunnels that are left");
        end_all();
    });
}

void Server::end_all()
{
    for (const auto& worker : workers_)
        worker->end_all();
    stop_timer_.expires_after(last_grace);
    stop_timer_.async_wait([this](boost::system::error_code moved) {
        if (moved)
            return;
        // A worker that waits for a reader of the access log who never reads cannot be joined.
        log_.error("stopping: not everything ended in time; records may be lost");
        ::_exit(1);
    });
}

void Server::on_quiet()
{
    if (++quiet_workers_ < workers_.size())
        return;
    log_.info("stopped");
    loop_.stop();
}

void Server::watch_own_addresses()
{
    address_timer_.expires_after(address_interval);
    address_timer_.async_wait([this](boost::system::error_code moved) {
        if (moved)
            return;
        if (look_for_new_addresses()) {
            log_.info("this machine's addresses have changed");
            apply({entrances_, {}, {}, certificates_});
        }
        watch_own_addresses();
    });
}

// Whether there are some. What cannot be read just now is taken to be as it was: an empty list would
// open the machine's own services to whoever uses up the descriptors.
bool Server::look_for_new_addresses()
{
    const bool knew = own_addresses_.are_current();
    const auto looked = own_addresses_.look();
    if (!looked && knew)
        log_.error(looked.error() + "; those known before stay in force");
    if (looked && !knew)
        log_.info("this machine's own addresses can be read again");
    return looked && *looked;
}

Result<void, std::string> serve(policy::Configuration configuration, const Reload& reload,
                                const observe::Log& log, const std::function<void()>& on_ready)
{
    std::signal(SIGPIPE, SIG_IGN);  // a write to a closed pipe is an error code like others
    Server server{std::move(configuration), reload, log};
    auto started = server.start();
    if (started) {
        on_ready();
        server.run();
    }
    return started;
}

}  // namespace adit::gateway
