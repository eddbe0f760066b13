// Adit's entry point: parses the command line and calls one command.
#include "src/cli/cli.hpp"
#include "src/platform/system.hpp"

int main(int argc, char** argv)
{
    if (!adit::platform::occupy_standard_descriptors())
        return adit::cli::failed;  // and no place to say so
    return adit::cli::main(argc, argv);
}
