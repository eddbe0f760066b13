// The command line's end of the control socket. It blocks, for at most a few seconds.
#pragma once

#include <string>
#include <string_view>

#include "protocols/result.hpp"

namespace adit::control {

// Sends one line and gives the line that answers it, both without line feed. The failure says what
// was being done, at which path, and what may help.
Result<std::string, std::string> ask(const std::string& path, std::string_view question);

}  // namespace adit::control
