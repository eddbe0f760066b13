#include "protocols/accept.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace adit::protocols {
namespace {

char to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equals_ignoring_case(std::string_view text, std::string_view lower)
{
    return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                      [](char a, char b) { return to_lower(a) == b; });
}

std::string_view trim(std::string_view text)
{
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Takes what stands before the next `mark` off the front of `text`.
std::string_view next_part(std::string_view& text, char mark)
{
    const auto end = std::min(text.find(mark), text.size());
    const auto part = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    return part;
}

// RFC 9110 §12.4.2: 0 to 1 with at most three decimals, here in thousandths.
std::optional<int> parse_weight(std::string_view text)
{
    if (text.empty() || (text[0] != '0' && text[0] != '1') || text.size() > 5)
        return std::nullopt;
    int weight = (text[0] - '0') * 1000;
    if (text.size() > 1 && text[1] != '.')
        return std::nullopt;
    int digit_worth = 100;
    for (std::size_t i = 2; i < text.size(); ++i) {
        if (text[i] < '0' || text[i] > '9')
            return std::nullopt;
        weight += (text[i] - '0') * digit_worth;
        digit_worth /= 10;
    }
    return weight <= 1000 ? std::optional{weight} : std::nullopt;
}

// A range's weight: 1 unless it says otherwise; no value when it says it badly.
std::optional<int> weight_of(std::string_view parameters)
{
    while (!parameters.empty()) {
        auto parameter = next_part(parameters, ';');
        const auto name = next_part(parameter, '=');
        if (equals_ignoring_case(name, "q"))
            return parse_weight(trim(parameter));
    }
    return 1000;
}

// How well one form is liked. The most exact range that covers it decides (RFC 9110 §12.5.1).
struct Liking {
    int exactness = 0;  // 3 for the type itself, 2 for `type/*`, 1 for `*/*`, 0 for not covered
    int weight = 0;
    std::size_t position = 0;

    void hear(int how_exact, int weighs, std::size_t where)
    {
        if (how_exact > exactness)
            *this = {how_exact, weighs, where};
    }
};

int exactness_of(std::string_view range, std::string_view type, std::string_view family)
{
    if (equals_ignoring_case(range, type))
        return 3;
    if (equals_ignoring_case(range, family))
        return 2;
    return range == "*/*" ? 1 : 0;
}

bool is_liked_better(const Liking& one, const Liking& other)
{
    if (one.weight != other.weight)
        return one.weight > other.weight;
    if (one.exactness != other.exactness)
        return one.exactness > other.exactness;
    return one.position < other.position;
}

}  // namespace

BodyForm preferred_form(std::string_view accept)
{
    Liking json;
    Liking text;
    for (std::size_t position = 0; !accept.empty(); ++position) {
        auto parameters = next_part(accept, ',');
        const auto range = next_part(parameters, ';');
        const auto weight = weight_of(parameters);
        if (!weight)
            continue;
        json.hear(exactness_of(range, "application/json", "application/*"), *weight, position);
        text.hear(exactness_of(range, "text/plain", "text/*"), *weight, position);
    }
    return is_liked_better(json, text) && json.weight > 0 ? BodyForm::json : BodyForm::text;
}

}  // namespace adit::protocols
