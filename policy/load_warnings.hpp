// What is no mistake but surely not meant.
#pragma once

#include <span>

#include "policy/load_rules.hpp"

namespace adit::policy {

// Names that nothing uses.
void warn_of_unused(const Vocabulary& names, const Reader& reader);

// A deny by name spares the DNS query, and holds at all, only above the allow rules that wait for
// the name's address.
void warn_of_late_denials(std::span<const LoadedRule> rules, const Reader& reader);

}  // namespace adit::policy
