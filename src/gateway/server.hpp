// The whole gateway: binds, starts the workers, and answers signals until it is told to stop.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "policy/configuration.hpp"
#include "protocols/result.hpp"
#include "src/observe/log.hpp"

namespace adit::gateway {

// Reads the configuration anew. The failure is every mistake, ready to be printed.
using Reload = std::function<Result<policy::Configuration, std::string>()>;

// Serves until SIGTERM or SIGINT and the end of the drain. Gives the reason when it cannot even
// start: a listener that cannot be bound, an access log that cannot be opened; then no client was
// accepted.
// `on_ready` is called once, when clients are being served.
//
// SIGHUP reloads and reopens the access log, SIGUSR1 only reopens it. The first SIGTERM or SIGINT
// stops accepting and waits up to `drain_timeout` for the live tunnels; the second ends them.
Result<void, std::string> serve(policy::Configuration configuration, const Reload& reload,
                                const observe::Log& log, const std::function<void()>& on_ready);

}  // namespace adit::gateway
