// `inner` and `sni` of a rule.
#pragma once

#include "policy/vocabulary.hpp"

namespace adit::policy {

// Reads both into the rule, whose action and protocols have been read. A rule that pins matches only
// over protocols whose clients can be held to it, so its protocols are those.
void read_inner(const Fields& fields, const Reader& reader, Sets& sets, Rule& rule);

}  // namespace adit::policy
