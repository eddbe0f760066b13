// The relay: every byte, in order, both directions at once, until both have ended. One composed
// operation for the whole life of a tunnel and no coroutine; it holds no buffer while nothing flows
// and allocates nothing per message.
//
// It says to each side exactly what the other said: data, FIN (each direction by itself), RST, and
// backpressure.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "src/loop/awaitable.hpp"
#include "src/relay/pipe_pool.hpp"
#include "src/relay/side.hpp"

namespace adit::relay {

// What all relays of one worker share. Owned by the worker, used on its thread only.
struct Shared {
    // Bytes live here between one recv and the send that follows it.
    std::span<std::uint8_t> scratch;
    PipePool pipes{64};
    // Coarse clock: see Worker; a relay notes when it last moved a byte.
    std::uint32_t tick = 0;
};

enum class End : std::uint8_t {
    finished,  // both sides said FIN, and every byte was delivered
    reset,     // one side said RST (or vanished), and so did we to the other
    stopped,   // stop() was called
};

struct Totals {
    std::uint64_t up = 0;    // bytes, client to destination
    std::uint64_t down = 0;  // bytes, destination to client
    End end = End::finished;
    bool by_client = false;  // finished: who said FIN first; reset: who said RST
    std::optional<std::chrono::milliseconds>
        first_byte;  // start to the first byte from the destination
};

class Relay {
public:
    // Both sides are connected; their sockets and `shared` outlive the relay. `early` came from the
    // client behind its request and is delivered first.
    Relay(Side client, Side destination, std::string early, Shared& shared);
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    // Carries until both directions have ended. Then both sockets are closed, and `over` is called
    // from the loop, once; it may destroy the relay.
    void start(std::function<void(const Totals&)> over);

    // Ends the tunnel at once; what is in flight is lost and both sides see a reset, so that no
    // truncation looks like a proper end. `over` follows.
    void stop();

    std::uint32_t last_active() const { return last_active_; }

private:
    struct Direction {
        Relay* relay = nullptr;
        Side* from = nullptr;
        Side* to = nullptr;
        std::uint64_t bytes = 0;  // delivered
        // What `to` would not take yet is in one of these; `from` is not read while there is some.
        std::string kept;
        std::size_t sent = 0;  // how much of `kept` has gone since
        std::optional<Pipe> pipe;
        std::size_t in_pipe = 0;
        std::uint8_t full_reads = 0;  // in a row; see is_bulk()
        bool ended = false;           // FIN was read, and everything before it was passed on
        bool end_unsaid = false;      // but `to` could not be told so yet

        bool is_bulk() const;
        bool has_undelivered() const { return in_pipe > 0 || !kept.empty(); }
    };

    void read_later(Direction& direction, Then when = Then::when_readable);
    void read_soon(Direction& direction);
    void write_later(Direction& direction, Then when = Then::when_writable);
    static void on_read(void* direction, bool);
    static void on_write(void* direction, bool);
    static void on_stirring(void* direction, bool);
    void begin(Direction& direction);
    void read(Direction& direction);
    void copy(Direction& direction);
    void stand_still(Direction& direction, Then why);
    bool forward(Direction& direction, std::span<const std::uint8_t> bytes);
    void splice(Direction& direction);
    bool drain(Direction& direction);
    void rest(Direction& direction);
    void flush(Direction& direction);
    void flush_kept(Direction& direction);
    void delivered(Direction& direction, std::size_t bytes);
    void end(Direction& direction);
    void watch_for_reset(Direction& direction);
    void broken(const Side& by);
    void finish(End end);
    void complete();
    Direction& opposite(const Direction& direction);

    Side client_;
    Side destination_;
    Shared& shared_;
    Direction up_;
    Direction down_;
    std::uint32_t last_active_;
    bool over_ = false;
    Totals totals_;
    std::chrono::steady_clock::time_point started_;
    std::function<void(const Totals&)> on_over_;
};

}  // namespace adit::relay
