// What the control socket can be asked, and the answers: JSON in, JSON out. Pure but for the clock
// that is handed in.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "policy/configuration.hpp"
#include "src/gateway/snapshot.hpp"
#include "src/login/guard.hpp"
#include "src/observe/access_log.hpp"
#include "src/observe/rule_counters.hpp"

namespace adit::control {

// The gateway as it is at this moment.
struct Running {
    const gateway::Snapshot& snapshot;
    const observe::RuleCounts& counts;
    observe::SystemTime now;
    login::LoginCounts logins = {};
    observe::AccessLog::Losses losses = {};
};

// {"ask": "rules"}: every rule in its order, with its counts and its life.
// {"ask": "explain", "to": "db.internal:5432", ...}: how such a request would be answered now.
// Anything else is answered by {"error": "..."}.
std::string answer(std::string_view question, const Running& running);

}  // namespace adit::control
