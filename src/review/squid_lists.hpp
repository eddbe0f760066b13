// The access lists of a squid.conf.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "src/review/squid.hpp"
#include "src/review/squid_box.hpp"
#include "src/review/squid_syntax.hpp"

namespace adit::review::squid {

struct Acl {
    enum class Kind : std::uint8_t {
        everything,
        nothing,   // matches no request that Adit takes
        methods,   // CONNECT, which is told from all others
        clients,   // src
        networks,  // dst
        hosts,     // dstdomain, dstdom_regex
        ports,
        times,
        users,
        unknown,  // of a type that has no equivalent
    };
    std::string name;
    std::string type;
    Kind kind = Kind::unknown;
    std::size_t line = 0;
    bool all = false;  // of addresses: every one
    Networks networks;
    Hosts hosts;
    policy::PortSet ports;
    Week week;
    Users users;
    bool connect = false;        // among methods: CONNECT
    bool other_methods = false;  // among methods: some of the others, never all
    // Not all of it could be read: it matches at least what stands here, and perhaps more.
    bool incomplete = false;
};

class Acls {
public:
    // With those that Squid itself defines: all, localhost, to_localhost, CONNECT, manager, ...
    Acls();

    // One `acl` line. What cannot be read is noted.
    void read(const Line& line, const ReadList& read_list, std::vector<ImportNote>& notes);

    const Acl* find(const std::string& name) const;
    bool any_times() const;  // whether there is a list of type time

private:
    void define(Acl acl);

    std::map<std::string, Acl> acls_;
};

}  // namespace adit::review::squid
