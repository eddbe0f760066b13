// What is wrong with text that is not JSON, in words for people.
#pragma once

#include <string>
#include <string_view>

namespace adit::policy::json {

// `rest` begins where the text stops making sense; `reported` is nlohmann's own message, which is
// used for what it expected and never quoted: it repeats the text, and that may be a password.
std::string explain_syntax_error(std::string_view rest, std::string_view reported);

}  // namespace adit::policy::json
