// Carries bytes between two descriptors (standard input and output) and the tunnel, both ways at
// once, each end passed on by itself.
#pragma once

#include <string>

#include "src/connect/stream.hpp"

namespace adit::connect {

struct Pumped {
    bool is_whole = true;  // both directions ended, and neither was broken
    std::string why;       // what broke; empty when nobody needs to hear of it
};

// Both may be files, pipes, terminals or sockets, and one and the same; their flags are not changed.
// `early` goes to `out` first. The end of `in` becomes the end of what the stream is told, the end
// of the stream closes `out`, and the other direction lives on. It is over when both have ended or
// the stream is broken; when the stream has ended and `in` is a terminal, where somebody would have
// to press a key first; and when nobody reads `out` any more and all of `in` is delivered. SIGPIPE
// is to be ignored.
Pumped pump(Stream& stream, Descriptor in, Descriptor out, std::string early);

}  // namespace adit::connect
