// One http_access line of squid.conf, as far as it can be said in boxes and lists.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/review/squid_rules.hpp"

namespace adit::review::squid {

// One http_access line. All of `required` match and none of `excluded`.
struct Statement {
    bool allow = false;
    std::size_t line = 0;
    std::string text;
    Box box;
    std::vector<const Acl*> excluded;

    // Squid asks for a login where it comes to a list of users, whatever stands behind: whoever
    // fits what stands before it and is nobody gets no further.
    struct Login {
        Box box;                   // required before it
        std::size_t excluded = 0;  // that many of `excluded` stand before it
    };
    std::optional<Login> login;
    bool idle = false;  // it matches nothing, and does no more than to ask for a login
};

// Empty when the line can match no request. What is known of a list only in part is read so that an
// allow allows less and a deny denies more; `notes` tell it.
std::optional<Statement> read_statement(const Line& line, const Acls& acls,
                                        std::vector<ImportNote>& notes);

// Anyone who is logged in.
Acl logged_in();

// How a box is restricted where that cannot be said exactly.
struct Narrowing {
    Bound bound = Bound::least;
    bool exact = true;  // it could be said
};

// Restricts the box to the list. False when nothing is left.
bool narrow(Box& box, const Acl& acl, Narrowing& how);
bool join(Box& into, const Box& other, Narrowing& how);

// Whether the list holds whatever is in the box.
bool holds_all(const Acl& acl, const Box& box);

inline constexpr std::string_view crossing_hosts =
    "no rule can ask for two lists of hosts at once when there are regular expressions in them";

ImportNote difference(std::size_t line, bool allow, std::string_view why);

}  // namespace adit::review::squid
