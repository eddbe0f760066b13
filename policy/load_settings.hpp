// The settings that stand beside listeners and rules: limits, resolver, log, reload.
#pragma once

#include "policy/reader.hpp"

namespace adit::policy {

// The members of the whole file that are settings; the others are not looked at.
void read_settings(const Fields& fields, const Reader& reader, Configuration& configuration);

}  // namespace adit::policy
