// Text from a configuration that becomes a name or a path holds none of these: they would not be seen, and a
// NUL would cut it short.
#pragma once

#include <algorithm>
#include <string_view>

namespace adit::policy {

inline bool holds_control_character(std::string_view text)
{
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

}  // namespace adit::policy
