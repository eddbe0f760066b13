// The way to a proxy: its name is looked up, each address is tried in turn, TLS is spoken if asked.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "protocols/client/proxy_url.hpp"
#include "protocols/result.hpp"
#include "src/connect/stream.hpp"
#include "src/connect/tls.hpp"

namespace adit::connect {

// The addresses of a host, in the order of getaddrinfo(3); a literal is its own only one. The
// failure is in words.
Result<std::vector<protocols::Address>, std::string> look_up(const protocols::Host& host,
                                                             Moment until);

// Connects to the first address that answers; those before it get a fair share of the time. The
// failure says what was being done and why it failed.
Result<std::unique_ptr<Stream>, std::string> reach(const protocols::client::ProxyUrl& proxy,
                                                   const Trust& trust, Moment until);

}  // namespace adit::connect
