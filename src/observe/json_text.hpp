// JSON string literals for hostile text.
#pragma once

#include <string>
#include <string_view>

namespace adit::observe {

// Appends `text` as a quoted JSON string (RFC 8259 §7). Control characters, quotes and DEL are
// escaped; bytes that are not well-formed UTF-8 (RFC 3629) become U+FFFD, one for each.
void append_json_string(std::string& out, std::string_view text);

}  // namespace adit::observe
