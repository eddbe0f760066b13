// `tests`: what the configuration says of itself, asked of the policy it has just made.
#pragma once

#include "policy/vocabulary.hpp"

namespace adit::policy {

// Reads every test and, when the file has no mistakes so far, runs it. A test that fails is a
// mistake with the whole explanation. Gives how many there are. `configuration` holds the policy and
// everything around it.
std::size_t run_tests(const Place& place, const Reader& reader, const Configuration& configuration,
                      const Vocabulary& names);

}  // namespace adit::policy
