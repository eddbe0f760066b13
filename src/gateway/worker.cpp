// Accepts, keeps the list of sessions, and turns each one's end into its record.
#include "src/gateway/worker.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <sys/socket.h>
#include <unistd.h>

#include <fmt/format.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include "src/dial/connect.hpp"
#include "src/platform/socket_address.hpp"
#include "src/platform/system.hpp"

namespace adit::gateway {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t scratch_size = std::size_t{64} << 10;
constexpr milliseconds tick_length = 100ms;  // of relay::Shared::tick

// Out of descriptors: how long to leave the queue alone, and how long it must go well before that
// is called over.
constexpr milliseconds accept_pause = 100ms;
constexpr milliseconds recovery = 2s;

// Connections that one wake-up accepts; then the tunnels have their turn.
constexpr std::size_t most_at_once = 64;

// Steele, Lea and Flood's SplitMix64: a bijection, so ids of one worker never repeat.
std::uint64_t mixed(std::uint64_t x)
{
    x += 0x9e3779b97f4a7c15U;
    x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31U);
}

std::string what(const std::exception_ptr& surprise)
{
    try {
        std::rethrow_exception(surprise);
    } catch (const std::exception& exception) {
        return exception.what();
    } catch (...) {
        return "something that is no std::exception";
    }
}

}  // namespace

struct Worker::Door {
    std::size_t listener;
    Change::Facts facts;
    Acceptor acceptor;
    Timer pause;

    void close()
    {
        boost::system::error_code closed_anyway;
        acceptor.close(closed_anyway);
        pause.cancel();
    }
};

Worker::Worker(Commons commons, const SnapshotPtr& snapshot)
    : commons_{std::move(commons)},
      snapshot_{std::make_shared<Snapshot>(*snapshot)},
      resolver_{loop_},
      dialer_{loop_, resolver_},
      authenticator_{loop_, commons_.logins},
      scratch_(scratch_size),
      relay_shared_{scratch_},
      pool_{loop_},
      udp_shared_{loop_, resolver_, relay_shared_.tick},
      deadlines_{loop_},
      live_tunnels_{loop_, commons_.on_judged},
      sweeper_{loop_},
      started_{std::chrono::steady_clock::now()},
      next_id_{platform::random_bits()}
{
    resolver_.apply(snapshot_->configuration->resolver);
    sweep_later();
}

Worker::~Worker() = default;

void Worker::run()
{
    for (;;) {
        try {
            loop_.run();
            return;
        } catch (...) {
            commons_.log.error(fmt::format("a worker was surprised and goes on: {}",
                                           what(std::current_exception())));
        }
    }
}

void Worker::apply(Change change)
{
    asio::post(loop_, [this, change = std::move(change)]() mutable {
        // An owner of our own: were one owner copied by all workers, its count would be a shared
        // cache line.
        snapshot_ = std::make_shared<Snapshot>(*change.snapshot);
        resolver_.apply(snapshot_->configuration->resolver);
        rule_counters_.renew({snapshot_, &snapshot_->configuration->policy},
                             std::chrono::system_clock::now());
        for (const auto& [listener, facts] : change.kept)
            for (const auto& door : doors_)
                if (door->listener == listener)
                    door->facts = facts;
        for (const auto listener : change.closed) {
            std::erase_if(doors_, [&](const auto& door) {
                if (door->listener != listener)
                    return false;
                door->close();
                return true;
            });
        }
        for (auto& opened : change.opened)
            open(std::move(opened));
        sweep_later();
    });
}

void Worker::drain()
{
    asio::post(loop_, [this] {
        draining_ = true;
        close_doors();
        for (auto& session : sessions_)
            session.drain();
        if (sessions_.empty())
            commons_.on_quiet();
    });
}

void Worker::end_all()
{
    asio::post(loop_, [this] {
        for (auto& session : sessions_)
            session.interrupt(Interruption::stopping);
    });
}

void Worker::judge_again(const Review& review)
{
    asio::post(loop_, [this, review] {
        std::vector<std::weak_ptr<Session>> live;
        for (auto& session : sessions_)
            if (session.is_tunnel())
                live.push_back(session.weak_from_this());
        live_tunnels_.judge(review, snapshot_, std::move(live));
    });
}

void Worker::quit()
{
    asio::post(loop_, [this] {
        sweeper_.cancel();
        loop_.stop();
    });
}

std::string Worker::next_request_id()
{
    constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
    auto bits = mixed(next_id_++);
    std::array<char, 13> text{};
    for (auto& c : text) {
        c = alphabet[bits & 31U];
        bits >>= 5U;
    }
    return {text.data(), text.size()};
}

void Worker::open(Change::Opened opened)
{
    if (draining_)
        return;
    Acceptor acceptor{loop_};
    boost::system::error_code refused;
    acceptor.assign({platform::family_of(opened.socket.get()), 0}, opened.socket.get(), refused);
    if (refused) {
        commons_.log.error(fmt::format("listen on {}: {}", opened.facts->name, refused.message()));
        return;
    }
    (void)opened.socket.release();  // the acceptor owns it now
    auto door = std::make_shared<Door>(
        Door{opened.listener, std::move(opened.facts), std::move(acceptor), Timer{loop_}});
    doors_.push_back(door);
    asio::co_spawn(loop_, accept_from(door), [this](const std::exception_ptr& surprise) {
        if (surprise)
            commons_.log.error(fmt::format("an accept loop ended: {}", what(surprise)));
    });
}

void Worker::close_doors()
{
    for (const auto& door : doors_)
        door->close();
    doors_.clear();
}

// Until the door closes. No error ends it: a connection that died in the queue is not the next
// one's fault. A wake-up takes one connection, and more as soon as there are always more: so nobody
// is asked in vain whether another one waits, and a flood is taken in large handfuls.
Awaitable<void> Worker::accept_from(std::shared_ptr<Door> door)
{
    std::size_t handful = 1;
    for (;;) {
        co_await door->acceptor.async_wait(Acceptor::wait_read, as_values);
        if (!door->acceptor.is_open())
            co_return;
        std::size_t accepted = 0;
        int error = 0;
        while (accepted < handful && error == 0)
            if (error = accept_one(*door); error == 0)
                ++accepted;
        handful = accepted == handful ? std::min(2 * handful, most_at_once)
                                      : std::max<std::size_t>(accepted, 1);
        if (dial::is_shortage(error)) {
            out_of_descriptors(std::strerror(error));
            door->pause.expires_after(accept_pause);
            co_await door->pause.async_wait(as_values);
        } else if (error != 0 && error != EAGAIN) {
            commons_.log.debug(fmt::format("accept: {}", std::strerror(error)));
        }
    }
}

// 0, or why not.
int Worker::accept_one(Door& door)
{
    Stream::endpoint peer;
    auto size = static_cast<socklen_t>(peer.capacity());
    Descriptor connection{
        ::accept4(door.acceptor.native_handle(), peer.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC)};
    if (!connection.is_open())
        return errno;
    peer.resize(size);
    if (auto* other = lighter()) {
        other->take_over(door.listener, std::move(connection), peer);
        return 0;
    }
    load_.fetch_add(1, std::memory_order_relaxed);
    return adopt(std::move(connection), peer, door.facts);
}

// The kernel spreads connections by a hash of their addresses. With thousands that is even; with a few
// long ones one worker may have them all while others rest. So one that has clearly more than another
// gives the next one away; a few others are asked each time, in turns.
Worker* Worker::lighter()
{
    constexpr std::size_t asked_at_once = 3;
    const auto& workers = commons_.workers;
    const auto mine = load();
    for (std::size_t i = 0; i < std::min(asked_at_once, workers.size()); ++i) {
        asked_last_ = (asked_last_ + 1) % workers.size();
        auto& other = *workers[asked_last_];
        const auto theirs = other.load();
        if (&other != this && mine >= theirs + theirs / 2 + 2)
            return &other;
    }
    return nullptr;
}

void Worker::take_over(std::size_t listener, Descriptor connection, const Stream::endpoint& from)
{
    load_.fetch_add(1, std::memory_order_relaxed);  // at once, or a burst would all come here
    asio::post(loop_, [this, listener, connection = std::move(connection), from]() mutable {
        const auto door = std::ranges::find_if(
            doors_, [&](const auto& one) { return one->listener == listener; });
        if (door != doors_.end() && !draining_)
            (void)adopt(std::move(connection), from, (*door)->facts);
        else
            load_.fetch_sub(1, std::memory_order_relaxed);
    });
}

// It is counted already. 0, or why it came to nothing.
int Worker::adopt(Descriptor connection, const Stream::endpoint& from, const Change::Facts& facts)
{
    Socket socket{loop_};
    boost::system::error_code refused;
    socket.adopt(Stream{from.data()->sa_family, 0}, connection.get(), refused);
    if (refused) {
        load_.fetch_sub(1, std::memory_order_relaxed);
        return refused.value();
    }
    (void)connection.release();  // the socket owns it now
    begin(std::move(socket), from, facts);
    return 0;
}

void Worker::out_of_descriptors(const std::string& why)
{
    starved_at_ = std::chrono::steady_clock::now();
    if (!commons_.starved.exchange(true))
        commons_.log.warning(fmt::format(
            "accept: {}; new connections wait until others have ended (raise LimitNOFILE "
            "or `ulimit -n`)",
            why));
    sweep_later();
}

void Worker::begin(Socket socket, const Stream::endpoint& from, const Change::Facts& facts)
{
    Peer peer{platform::endpoint_of(from.data()), std::nullopt};
    if (peer.endpoint)
        peer.endpoint->address = protocols::unmapped(peer.endpoint->address);
    else
        peer.uid = platform::peer_user(socket.native_handle());
    const auto session =
        std::make_shared<Session>(*this, Client{std::move(socket), std::move(peer)}, facts);
    sessions_.push_back(*session);
    session->serve();
}

// Every session ends here, and so does its record: whatever happened to it, a surprise too.
void Worker::ended(Session& session, const std::exception_ptr& surprise)
{
    sessions_.erase(sessions_.iterator_to(session));
    load_.fetch_sub(1, std::memory_order_relaxed);
    auto& record = session.record();
    if (surprise) {
        commons_.log.error(fmt::format("request {}: {}", record.id, what(surprise)));
        record.ending = broken_promise.ending;
        record.closed_by = broken_promise.closed_by;
    }
    if (session.has_record())
        this->record(session);
    else
        commons_.log.debug(fmt::format("a connection from {} ended and left no request",
                                       observe::client_text(record)));
    if (draining_ && sessions_.empty())
        commons_.on_quiet();
}

void Worker::record(Session& session)
{
    session.record().ms.total = session.elapsed();
    if (!commons_.access_log.is_off())
        commons_.access_log.write(to_json_line(session.record()));
}

milliseconds Worker::sweep_interval() const
{
    const auto longest = commons_.starved ? recovery : milliseconds{15s};
    return std::clamp(snapshot_->configuration->limits.idle_timeout / 8, tick_length, longest);
}

void Worker::sweep_later()
{
    sweeper_.expires_after(sweep_interval());
    sweeper_.async_wait([this](boost::system::error_code moved) {
        if (!moved)
            sweep();
    });
}

// Moves the coarse clock on and ends tunnels that have rested too long: one timer for all of them.
void Worker::sweep()
{
    const auto now = std::chrono::steady_clock::now();
    relay_shared_.tick = static_cast<std::uint32_t>((now - started_) / tick_length);
    // The clock stands still between two sweeps, so a tunnel may seem older than it is, by one
    // interval at most.
    const auto idle_ticks = static_cast<std::uint32_t>(
        (snapshot_->configuration->limits.idle_timeout + sweep_interval()) / tick_length);
    for (auto& session : sessions_)
        session.look_after(relay_shared_.tick, idle_ticks);
    if (commons_.starved && now - starved_at_ > recovery &&
        starved_at_ != decltype(starved_at_){}) {
        starved_at_ = {};
        if (commons_.starved.exchange(false))
            commons_.log.info("accept: there are descriptors again");
    }
    sweep_later();
}

}  // namespace adit::gateway
