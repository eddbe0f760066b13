// A trace in words, for the person who must explain a denial at three in the morning: one wording
// for `adit explain`, for failing tests in the configuration and for the running gateway.
#pragma once

#include <string>

#include "policy/trace.hpp"

namespace adit::policy {

// Several lines, the answer first; each ends in a newline. What comes from the network is escaped.
std::string to_text(const Trace& trace);

// The same as one JSON object on one line, without a newline.
std::string to_json_text(const Trace& trace);

// "denied by \"nothing else\"", "allowed by ...", "undecided: it depends on the client": the answer
// in one sentence, without a full stop.
std::string answer_in_words(const Trace& trace);

}  // namespace adit::policy
