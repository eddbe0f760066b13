// `tests`: what the configuration says of itself, asked of the policy it has just made.
#pragma once

#include <span>

#include "policy/load_listeners.hpp"
#include "policy/vocabulary.hpp"

namespace adit::policy {

// Reads every test and, when the file has no mistakes so far, runs it. A test that fails is a
// mistake with the whole explanation. Gives how many there are. `configuration` holds the policy and
// everything around it, but its listeners may be those of one run: the tests are about `listeners`,
// whose names `names` knows.
std::size_t run_tests(const Place& place, const Reader& reader, const Configuration& configuration,
                      std::span<const LoadedListener> listeners, const Vocabulary& names);

}  // namespace adit::policy
