// What came of one step on a connection that never blocks: how many bytes it moved, and what to do
// before the next.
#pragma once

#include <cstddef>
#include <cstdint>

namespace adit {

enum class Then : std::uint8_t {
    go_on,          // there may be more to do at once
    when_readable,  // not before the socket is readable
    when_writable,  // not before it is writable
    ended,          // the other side has said that nothing more follows
    broken,         // reset, or cut off
};

// Bytes that were moved count, whatever `then` says; `ended` and `broken` are said again next time.
struct Progress {
    std::size_t bytes = 0;
    Then then = Then::go_on;
};

}  // namespace adit
