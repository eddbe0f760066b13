// `adit import squid`: another proxy's rules as a configuration.
#pragma once

#include <string>

namespace adit::cli {

// `path` is a squid.conf, or `-` for standard input. Failed when something in it has no equivalent.
int import_squid(const std::string& path);

}  // namespace adit::cli
