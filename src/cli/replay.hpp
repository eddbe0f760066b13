// `adit replay`: what another configuration would have answered to what an access log recorded.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace adit::cli {

struct ReplayOptions {
    std::string config;              // the new configuration
    std::string against;             // compared with this one; empty: with the recorded answers
    std::string at;                  // what is taken for now, for rules that expire; empty: now
    std::vector<std::string> files;  // `-`: standard input
    std::size_t examples = 3;        // of each group of differences
};

// Failed when anything is newly denied.
int replay(const ReplayOptions& options);

}  // namespace adit::cli
