// The command line: `adit run`, `check`, `passwd`, `version`. One file a subcommand.
#pragma once

#include <string>

#include "src/cli/configuration_file.hpp"

namespace adit::cli {

// Exit codes, also in the README. 2 is what a wrong command line or configuration gives, so that
// scripts can tell it from a failure at run time.
enum Exit : int { ok = 0, failed = 1, misused = 2 };

// Parses the command line and carries out one command. Gives the process's exit code.
int main(int argc, char** argv);

int run(const Source& source);
int check(const std::string& path);
int passwd();
int print_version();

}  // namespace adit::cli
