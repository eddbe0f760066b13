// What a user can be called: one wording for the configuration and for whoever makes credentials.
#pragma once

#include <string_view>

namespace adit::policy {

// A sentence without its full stop, good for ever; empty when a configuration can hold a user of this
// name. It travels in RFC 1929 (255 bytes) and RFC 7617 (no colon).
std::string_view wrong_with_user_name(std::string_view name);

}  // namespace adit::policy
