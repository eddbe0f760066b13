// The question "how would this request be answered now?", put to the policy that runs.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace adit::control {

struct Running;

// Takes {"to": "db.internal:5432", "client", "user", "protocol", "listener", "resolve": [...]}; all
// but "to" may be missing. A missing user is nobody, a name without "resolve" has the address that
// policy::assumed_addresses() gives, every other missing fact is unknown. Gives {"conclusion": "allowed" |
// "denied" | "undecided", "text", "explanation"}, or {"error"}.
nlohmann::ordered_json explain(const nlohmann::ordered_json& question, const Running& running);

}  // namespace adit::control
