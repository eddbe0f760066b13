// Small questions about the fields of an HTTP message: their values, and the lists that some of them
// hold.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocols/http_head.hpp"

namespace adit::protocols {

// `lower` is in lower case already.
bool equals_ignoring_case(std::string_view text, std::string_view lower);
std::string lower_case(std::string_view text);

// The first field of that name; empty when there is none.
std::string_view value_of(const HttpFields& fields, std::string_view name);
std::size_t count_of(const HttpFields& fields, std::string_view name);

// Several fields of one name are one list (RFC 9110 §5.3): all their values, joined by commas.
std::string joined_values(const HttpFields& fields, std::string_view name);

// The members of a comma-separated list in lower case, blanks and empty members left out.
std::vector<std::string> list_of(const HttpFields& fields, std::string_view name);

// Whether the list of Connection is longer than any that means something: each member costs every
// field a look.
bool names_too_many_fields(const HttpFields& fields);

// Whether that list holds this member, ignoring case.
bool lists(const HttpFields& fields, std::string_view name, std::string_view lower);

}  // namespace adit::protocols
