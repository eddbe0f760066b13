// What was read from a squid.conf, written as a configuration.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "src/review/squid_lists.hpp"
#include "src/review/squid_rules.hpp"

namespace adit::review::squid {

struct Port {
    std::string address;  // as `listeners` take it
    std::size_t line = 0;
};

struct Parts {
    std::string_view file;
    const std::vector<Port>& ports;
    const Acls& acls;
    const AccessRules& rules;
    const std::vector<ImportNote>& notes;
    std::string_view zone;  // of the times
};

std::string to_text(const Parts& parts);

}  // namespace adit::review::squid
