// The TLS of all listeners that have some, opened together: at a start and at each reload.
#pragma once

#include <map>
#include <string>

#include "policy/configuration.hpp"
#include "protocols/result.hpp"
#include "src/tls/context.hpp"

namespace adit::gateway {

using Certificates = std::map<std::string, tls::ContextPtr, std::less<>>;  // by listener's name

// The failure names the listener, the file and the reason.
Result<Certificates, std::string> open_certificates(const policy::Configuration& configuration);

}  // namespace adit::gateway
