// A refusal in words for the person at the terminal.
#pragma once

#include <string>
#include <string_view>

#include "protocols/client/conversation.hpp"

namespace adit::connect {

// "PROXY refused TARGET: reason (error; request ID)" and below it, indented, what the proxy says to
// people and what may help. Whatever the proxy sent is on lines of its own and harmless to a
// terminal.
std::string refusal_text(const protocols::client::Refused& refused, std::string_view proxy,
                         std::string_view target);

}  // namespace adit::connect
