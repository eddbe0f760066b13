// The tz database of this machine, turned into plain values.
#pragma once

#include <optional>
#include <string>

#include "policy/times.hpp"

namespace adit::platform {

// The shifts of a zone from 1970 to 2100; the last one holds from then on. Its file lists them up to
// 2037 at most, and ends with the rule that makes those behind. Empty when the database knows no zone
// of that name, or is not installed.
std::optional<policy::Zone> find_zone(const std::string& name);

}  // namespace adit::platform
