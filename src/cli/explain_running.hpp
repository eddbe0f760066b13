// `adit explain --running`: the same question, put to the gateway that runs instead of to a file.
#pragma once

#include "src/cli/rules.hpp"
#include "src/review/question.hpp"

namespace adit::cli {

// 0 allowed, 1 denied, 2 not decidable, or the gateway cannot be asked.
int explain_running(const review::Question& question, const ControlOptions& control, bool json);

}  // namespace adit::cli
