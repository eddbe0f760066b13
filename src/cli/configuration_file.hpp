// A configuration as the command line names it: a file, or nothing for the embedded default.
#pragma once

#include <string>
#include <vector>

#include "policy/configuration.hpp"
#include "protocols/result.hpp"

namespace adit::cli {

struct Source {
    std::string path;                 // empty: the embedded default
    std::vector<std::string> listen;  // replaces the listeners of the text
    bool opens_files = false;         // certificates and keys are looked into, too
};

struct Read {
    policy::Configuration configuration;
    std::vector<std::string> warnings;  // each ready to be printed
};

// The failure is every mistake, one a line, as "FILE:LINE:COLUMN: PATH: what is wrong, and the
// cure".
Result<Read, std::string> read_configuration(const Source& source);

}  // namespace adit::cli
