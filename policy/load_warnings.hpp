// What is no mistake but surely not meant.
#pragma once

#include <span>

#include "policy/load_rules.hpp"
#include "policy/rule_index.hpp"

namespace adit::policy {

// Names that nothing uses.
void warn_of_unused(const Vocabulary& names, const Reader& reader);

// A deny by name spares the DNS query, and holds at all, only above the allow rules that wait for
// the name's address.
void warn_of_late_denials(std::span<const LoadedRule> rules, const Reader& reader);

// Rules that can never match, because one above matches whatever they match.
// `index` is that of the rules.
void warn_of_shadowed(std::span<const LoadedRule> rules, const RuleIndex& index,
                      const Reader& reader);

// Allow rules for everyone, every public host and every port.
void warn_of_open_rules(std::span<const LoadedRule> rules, const Reader& reader);

// Rules that have expired or will within seven days.
void warn_of_expiry(std::span<const LoadedRule> rules, std::optional<sys_seconds> now,
                    const Reader& reader);

// An entry of `hosts` that is a name, but looks as if an address were meant; else empty.
std::string looks_like_address(const HostEntry& entry);

}  // namespace adit::policy
