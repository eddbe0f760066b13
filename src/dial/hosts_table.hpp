// What a hosts file says. hosts(5): address, canonical name, aliases; `#` begins a comment. Text in, values out.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "protocols/target.hpp"

namespace adit::dial {

using protocols::Address;
using protocols::Domain;

// Name as Domain::text() -> its addresses in the file's order, each once.
using HostsTable = std::unordered_map<std::string, std::vector<Address>>;

// Lines that are no hosts entry, addresses with a zone and names that are no host names are passed over, as resolvers
// have always done.
HostsTable parse_hosts(std::string_view text);

}  // namespace adit::dial
