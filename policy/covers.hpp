// Whether one rule makes another one needless. Never wrong when it says yes; it may say no where a
// cleverer proof would find yes.
#pragma once

#include "policy/rule.hpp"

namespace adit::policy {

// Whether `first` matches every request that `second` matches, whatever the gateway's surroundings,
// today and for ever. A rule that only observes, that expires, holds only at times or has a `not`
// covers nothing.
bool covers(const Rule& first, const Rule& second);

}  // namespace adit::policy
