// Users and groups of this machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace adit::platform {

// Nothing when there is no such user.
std::optional<std::uint32_t> user_number(const std::string& name);

// By name, or a number as text. Nothing when there is no such group.
std::optional<std::uint32_t> group_number(const std::string& group);

}  // namespace adit::platform
