// `adit connect` from its options to its end: reach the proxy, ask it, carry the bytes.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "protocols/client/proxy_url.hpp"
#include "protocols/credentials.hpp"
#include "protocols/target.hpp"
#include "src/connect/tls.hpp"
#include "src/connect/waiting.hpp"

namespace adit::connect {

struct Errand {
    protocols::client::ProxyUrl proxy;  // its login is the one to use
    protocols::Target target;
    Trust trust;
    std::chrono::milliseconds timeout{};  // for everything until the tunnel stands
};

enum class Outcome : std::uint8_t {
    finished,     // the tunnel stood, and both directions came to their end
    broken,       // the tunnel stood and broke; or the work could not be done on this machine
    misused,      // the proxy's protocol cannot carry this target or login
    refused,      // by the proxy
    unreachable,  // the proxy, or its answer is none
};

struct Report {
    Outcome outcome = Outcome::finished;
    std::string
        words;  // for standard error, several lines perhaps, no secret in them; may be empty
};

// `in` and `out` are taken once the tunnel stands. Until then they stay open with their owner: ssh
// leaves as soon as its ProxyCommand closes them, and takes it along before it has said why.
Report tunnel(Errand errand, Descriptor&& in, Descriptor&& out);

}  // namespace adit::connect
