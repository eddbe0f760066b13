// The gateway's answer about its rules, as people and as machines read it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/result.hpp"

namespace adit::control {

enum class TableForm : std::uint8_t { text, json };

// `unused`: only rules that were not hit for so long. What is counted began some time; the table
// says when, for a rule cannot be called unused before that. The failure is what the gateway
// complained of.
Result<std::string, std::string> rules_table(
    std::string_view answer, TableForm form,
    std::optional<std::chrono::milliseconds> unused = std::nullopt);

}  // namespace adit::control
