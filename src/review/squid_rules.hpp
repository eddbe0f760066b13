// http_access lines as rules.
//
// Of what a line leaves out, a rule's `not` takes lists of one kind. Of ports and times the others are
// named instead, of methods the other one. For all other lists the requests that the line leaves out go
// first, with what the rest of the file says of them: `deny !there` / `allow web` becomes `allow web
// there`, `deny`. That is how it always is with lists of destination addresses, for an allow reaches
// more when it names them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "src/review/squid_lists.hpp"

namespace adit::review::squid {

struct AccessRule {
    Box box;
    std::optional<Box> left_out;  // one field: hosts, clients or users
    bool allow = false;
    std::size_t line = 0;    // of the http_access line; 0: what Squid does when no line matches
    std::size_t before = 0;  // stands before this line, for what that leaves out; 0: for itself
    std::string text;        // "deny CONNECT !SSL_ports"
};

struct AccessRules {
    std::vector<AccessRule> rules;
    bool allow_the_rest = false;  // Squid's rule for what matches no line
};

// `lines` are the http_access lines of the file. What cannot be said is noted.
AccessRules translate(const std::vector<Line>& lines, const Acls& acls,
                      std::vector<ImportNote>& notes);

}  // namespace adit::review::squid
