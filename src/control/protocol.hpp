// What both ends of the control socket agree on: one question and one answer on each connection,
// each a JSON object on one line. The server is src/control/server, the client src/control/client.
#pragma once

#include <chrono>
#include <cstddef>

namespace adit::control {

inline constexpr const char* default_path = "/run/adit/control.sock";

// A question is small. An answer may tell of ten thousand rules.
inline constexpr std::size_t max_question = std::size_t{64} << 10;
inline constexpr std::size_t max_answer = std::size_t{64} << 20;

// For one connection, from accept to close.
inline constexpr std::chrono::seconds patience{10};

// Connections at a time; the next ones wait in the kernel's queue.
inline constexpr std::size_t max_connections = 8;

}  // namespace adit::control
