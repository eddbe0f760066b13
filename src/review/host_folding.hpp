// Host names by the domain they belong to, as far as that can be told without the list of public
// suffixes, which changes every week.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace adit::review {

// The part of a name that one owner is likely to hold: `github.com` of `api.github.com`,
// `bbc.co.uk` of `www.bbc.co.uk`, `alice.github.io` of `x.alice.github.io`. A name that is shorter
// than that is its own.
std::string_view owned_domain(std::string_view name);

// Host -> pattern of `hosts`. Where at least `fold_from` names stand below one owned domain, they
// become `*.` and the longest suffix they share; all others stay what they are. 0 folds nothing.
std::map<std::string, std::string> fold_hosts(const std::set<std::string>& names,
                                              std::size_t fold_from);

}  // namespace adit::review
