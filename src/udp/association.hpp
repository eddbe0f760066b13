// A UDP association (RFC 1928 §7): datagrams of one client, to and from any number of destinations
// that the policy allows. Ends with the client's TCP connection. No coroutine, and no buffer of its
// own while nothing waits for a name.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "protocols/socks5_udp.hpp"
#include "src/udp/batch.hpp"
#include "src/udp/census.hpp"
#include "src/udp/destinations.hpp"
#include "src/udp/judge.hpp"
#include "src/udp/socket.hpp"

namespace adit::udp {

// What the associations of one worker share. Outlives them.
struct Shared {
    asio::io_context& loop;
    dial::Resolver& resolver;
    const std::uint32_t& tick;  // the worker's coarse clock
    // A name is looked up again after this long; the resolver knows how long it may believe it.
    std::chrono::milliseconds addresses_life = std::chrono::seconds{30};
    Batch batch{};
};

enum class End : std::uint8_t {
    finished,  // the client closed its TCP connection
    reset,     // or lost it
    stopped,   // stop() was called
};

struct Totals {
    End end = End::finished;
    observe::UdpTraffic traffic;
};

// Always in a shared_ptr: whatever it waits for keeps it alive.
class Association : public std::enable_shared_from_this<Association> {
public:
    // Datagrams are taken from `client` only; `relay` is where they arrive. `control` is the TCP
    // connection that asked for this; it outlives the association, and what still comes in on it is
    // read away.
    Association(Shared& shared, std::unique_ptr<Judge> judge, adit::Socket& control,
                protocols::Address client, Socket relay, Census::Place place);
    Association(const Association&) = delete;
    Association& operator=(const Association&) = delete;

    // `over` is called from the loop, once.
    void start(std::function<void(const Totals&)> over);

    // Ends it at once; `over` follows. Also before start().
    void stop() { finish(End::stopped); }

    // The worker's tick when a datagram last went through.
    std::uint32_t last_active() const { return last_active_; }

private:
    using Clock = Destination::Clock;
    using State = Destination::State;
    using Receive = void (Association::*)(std::size_t count);

    void watch_control();
    void on_control();
    void wait(Socket& socket, Receive receive);
    void read(Socket& socket, Receive receive);
    void from_client(std::size_t count);
    void from_outside(std::size_t count);

    bool is_client(const Batch::Endpoint& from) const;
    bool is_from_here(const Batch::Endpoint& from) const;
    void forward(const protocols::Socks5Datagram& datagram);
    void keep(Destination& destination, protocols::Bytes payload);
    void add(Destination& destination, protocols::Bytes payload);
    void flush();
    void send_kept(Destination& destination);
    Socket* outside(bool v6);

    void prepare(Destination& destination);
    bool is_known(const Destination& destination) const;
    void look_up(Destination& destination);
    void on_answers();
    void take_answers(Destination& destination);
    bool choose(Destination& destination, bool complete);
    void decide(Destination& destination, const policy::Decision& decision);
    void forget_lookup(Destination& destination);

    void finish(End end);
    void tell_end();

    Shared& shared_;
    std::unique_ptr<Judge> judge_;
    adit::Socket& control_;
    protocols::Address client_;
    std::optional<Batch::Endpoint> peer_;  // the client's end, from its first datagram on
    Socket relay_;
    std::optional<Socket> outside_[2];  // IPv4, IPv6: opened when first written to
    Census::Place place_;
    Destinations destinations_;
    observe::UdpDropped dropped_;

    struct Added {
        Destination* destination;
        std::size_t size;
    };
    std::vector<Added> added_;  // in the shared batch, all for `added_to_`
    Socket* added_to_ = nullptr;

    Clock::time_point now_;  // of what is being read
    std::size_t looking_up_ = 0;
    std::size_t kept_ = 0;  // bytes of payloads that wait for names
    std::uint32_t last_active_;
    bool over_ = false;
    End end_ = End::finished;
    std::function<void(const Totals&)> on_over_;
};

}  // namespace adit::udp
