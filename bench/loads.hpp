// The four kinds of work. Each waits at the gate, works and tells its result; trips and bulk open their tunnels before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "bench/tunnel.hpp"

namespace adit::bench {

enum class Direction { download, upload, both };

struct Work {
    Route route;
    std::size_t tunnels = 1;
    std::size_t in_flight = 1;                  // tunnels that are being opened at a time
    std::chrono::milliseconds time{1000};       // trips, bulk
    std::uint64_t bytes = 0;                    // bulk: end after so many, if that comes first
    Direction direction = Direction::download;  // bulk
    bool gated = false;
};

// Whoever measures the proxy from outside reads its figures while the load stands still at a gate: "ready" on standard output,
// then a line on standard input.
void wait_at_gate(const Work& work);

// One line of JSON on standard output. With gates, the tunnels are held until a line has come.
void tell(const Work& work, const std::string& line);

// A tunnel that fails is counted by set_up; elsewhere it ends the run as a std::runtime_error.
void set_up(Loop& loop, const Work& work);
void make_trips(Loop& loop, const Work& work);
void move_bulk(Loop& loop, const Work& work);
void hold_idle(Loop& loop, const Work& work);

}  // namespace adit::bench
