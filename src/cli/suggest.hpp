// `adit suggest`: observed tunnels as a configuration.
#pragma once

#include <string>
#include <vector>

namespace adit::cli {

struct SuggestOptions {
    bool generalise = false;
    bool denied = false;
    std::vector<std::string> files;  // `-`: standard input
};

int suggest(const SuggestOptions& options);

}  // namespace adit::cli
