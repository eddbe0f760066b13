// The command line. One file a subcommand; those with many options have a header of their own.
#pragma once

#include <string>

#include "src/cli/configuration_file.hpp"

namespace adit::cli {

// Exit codes, also in the README. 2 is what a wrong command line or configuration gives, so that
// scripts can tell it from a failure at run time.
enum Exit : int { ok = 0, failed = 1, misused = 2 };

struct CheckOptions {
    std::string path;
    bool strict = false;  // a warning is a mistake
};

// Parses the command line and carries out one command. Gives the process's exit code.
int main(int argc, char** argv);

int run(const Source& source);
int check(const CheckOptions& options);
int passwd();
int print_version();

}  // namespace adit::cli
