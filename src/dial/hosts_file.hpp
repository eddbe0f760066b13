// /etc/hosts, read by us: c-ares opens and parses it anew for every look-up, we read it again only when it has changed.
// hosts(5): address, canonical name, aliases; `#` begins a comment.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "protocols/target.hpp"
#include "src/dial/change_watch.hpp"

namespace adit::dial {

using protocols::Address;
using protocols::Domain;

// Name as Domain::text() -> its addresses in the file's order, each once.
using HostsTable = std::unordered_map<std::string, std::vector<Address>>;

// Lines that are no hosts entry, addresses with a zone and names that are no host names are passed over, as resolvers
// have always done.
HostsTable parse_hosts(std::string_view text);

class HostsFile {
public:
    explicit HostsFile(std::string path = "/etc/hosts");

    // The name's addresses, or null when the file does not name it. Valid until the next call. The file is looked at
    // no more than once a second; one that is missing or unreadable names nothing.
    const std::vector<Address>* find(const Domain& name, std::chrono::steady_clock::time_point now);

private:
    ChangeWatch watch_;
    HostsTable table_;
};

}  // namespace adit::dial
