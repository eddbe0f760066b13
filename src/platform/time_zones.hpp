// The tz database of this machine, turned into plain values.
#pragma once

#include <optional>
#include <string>

#include "policy/times.hpp"

namespace adit::platform {

// The shifts of a zone from 1970 to 2100, or as far as the database goes; the last one holds from
// then on. Empty when the database knows no zone of that name, or is not installed.
std::optional<policy::Zone> find_zone(const std::string& name);

}  // namespace adit::platform
