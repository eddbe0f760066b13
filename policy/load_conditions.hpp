// What must match: the fields that a rule and its `not` have in common.
#pragma once

#include <optional>
#include <vector>

#include "policy/vocabulary.hpp"

namespace adit::policy {

// All but `networks`. Gives the entries of `hosts`.
std::vector<HostEntry> read_conditions(const Fields& fields, const Reader& reader,
                                       Vocabulary& names, Conditions& conditions);

// `not`: at least one field.
Conditions read_excluded(const Place& place, const Reader& reader, Vocabulary& names);

// `when`: one window, or a list of them.
Times read_times(const Place& place, const Reader& reader, Vocabulary& names);

}  // namespace adit::policy
