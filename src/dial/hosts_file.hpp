// /etc/hosts, read by us: c-ares opens and parses it anew for every look-up, we read it again only when it has changed.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "src/dial/change_watch.hpp"
#include "src/dial/hosts_table.hpp"

namespace adit::dial {

class HostsFile {
public:
    explicit HostsFile(std::string path = "/etc/hosts");

    // Reads the file if it has changed, looking no more than once a second. One that is missing names nothing. One that
    // cannot be read, for want of a descriptor, names what it named before, and is tried again with the next look.
    void look(std::chrono::steady_clock::time_point now);

    // The name's addresses after such a look, or null when the file does not name it. Valid until the next call.
    const std::vector<Address>* find(const Domain& name, std::chrono::steady_clock::time_point now);

private:
    ChangeWatch watch_;
    HostsTable table_;
};

}  // namespace adit::dial
