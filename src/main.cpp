// Adit's entry point: parses the command line and calls one command.
#include "src/cli/cli.hpp"

int main(int argc, char** argv)
{
    return adit::cli::main(argc, argv);
}
