// The question "how would this request be answered now?", from one end of the control socket to the
// other.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "src/review/question.hpp"

namespace adit::control {

struct Running;

// {"ask": "explain", "to": "db.internal:5432", "client", "user", "protocol", "listener",
// "resolve": [...], "recorded": true, "token_refusal": "token_rights", "time_of_day":
// "2026-11-24T02:48:32Z"}: all but the first two may be missing. The last three are of a request of
// the past: that it is one, why the token that had logged in was refused, and when it was asked.
std::string in_json(const review::Question& question);

// Gives {"policy", "conclusion": "allowed" | "denied" | "undecided", "text", "explanation"}, or
// {"error"}. The clock is the gateway's.
nlohmann::ordered_json explain(const nlohmann::ordered_json& asked, const Running& running);

}  // namespace adit::control
