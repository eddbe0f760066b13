// `adit explain`: what a configuration answers to one request, rule by rule, and why.
#pragma once

#include <string>
#include <vector>

namespace adit::cli {

struct ExplainOptions {
    std::string config;  // empty: the embedded default
    std::string target;  // HOST:PORT
    std::string client;
    std::string user;
    std::string protocol;
    std::string listener;
    std::vector<std::string> resolved;
    std::string at;      // expiry is judged as of this time; empty: now
    std::string record;  // an access record instead of all these facts
    std::string id;      // or the id of one
    std::vector<std::string> logs;
    bool running = false;  // ask the gateway that runs, not a file
    std::string control;   // at this socket; empty: where `config` says, or the usual place
    bool json = false;
};

// 0 allowed, 1 denied, 2 not decidable from what was given (or wrongly used).
int explain(const ExplainOptions& options);

}  // namespace adit::cli
