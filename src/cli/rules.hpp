// `adit rules`: what the running gateway's rules have done, asked over its control socket.
#pragma once

#include <string>

namespace adit::cli {

struct ControlOptions {
    std::string path;    // `--control`; empty: what the configuration says, or the usual place
    std::string config;  // `--config`
};

// Where to ask. Says on standard error why there is no such place, and then gives nothing.
std::string control_path(const ControlOptions& options);

struct RulesOptions {
    ControlOptions control;
    std::string unused;  // `--unused`: a duration like "30d"; empty: all rules
    bool json = false;
};

int rules(const RulesOptions& options);

}  // namespace adit::cli
