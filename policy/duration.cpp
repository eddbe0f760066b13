#include "policy/duration.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace adit::policy {

namespace {

constexpr std::array<std::pair<std::string_view, std::int64_t>, 5> units{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text)
{
    const auto digits = text.find_first_not_of("0123456789");
    if (digits == 0 || digits > 9)
        return std::nullopt;
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + digits, number);
    for (const auto& [unit, length] : units)
        if (text.substr(digits) == unit)
            return std::chrono::milliseconds{number * length};
    return std::nullopt;
}

std::string to_text(std::chrono::milliseconds duration)
{
    for (const auto& [unit, length] : units)
        if (duration.count() != 0 && duration.count() % length == 0)
            return std::to_string(duration.count() / length) + std::string{unit};
    return "0s";
}

}  // namespace adit::policy
