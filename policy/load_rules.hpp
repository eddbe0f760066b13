// Rules as the file writes them -> Rule, with what later questions about them need.
#pragma once

#include <optional>
#include <vector>

#include "policy/vocabulary.hpp"

namespace adit::policy {

struct LoadedRule {
    Place place;
    Rule rule;
    std::optional<Place> hosts_at;
    std::vector<HostEntry> hosts;
    std::optional<Place> expires_at;
};

// The words of `protocols` for rules and listeners.
std::optional<Protocol> read_protocol(const Place& place, const Reader& reader);

// Reads `rules`; a rule with mistakes is left out.
std::vector<LoadedRule> read_rules(const Place& place, const Reader& reader, Vocabulary& names);

// "rules[0]", with the file in front where that is not the configuration itself, and its name behind
// when it has one.
std::string called(const LoadedRule& loaded);

// Whether the rule says who it is for: users, or clients that are not all clients of a family.
bool names_anybody(const Rule& rule);

void warn_of_equal_names(const std::vector<LoadedRule>& rules, const Reader& reader);

}  // namespace adit::policy
