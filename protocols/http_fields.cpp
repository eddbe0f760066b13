#include "protocols/http_fields.hpp"

#include <algorithm>

namespace adit::protocols {
namespace {

char to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string_view trim(std::string_view text)
{
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

bool equals_ignoring_case(std::string_view text, std::string_view lower)
{
    return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                      [](char a, char b) { return to_lower(a) == b; });
}

std::string lower_case(std::string_view text)
{
    std::string lower{text};
    std::transform(lower.begin(), lower.end(), lower.begin(), to_lower);
    return lower;
}

std::string_view value_of(const HttpFields& fields, std::string_view name)
{
    const auto found = fields.find({name.data(), name.size()});
    if (found == fields.end())
        return {};
    return {found->value().data(), found->value().size()};
}

std::size_t count_of(const HttpFields& fields, std::string_view name)
{
    return fields.count({name.data(), name.size()});
}

std::string joined_values(const HttpFields& fields, std::string_view name)
{
    std::string all;
    const auto [first, last] = fields.equal_range({name.data(), name.size()});
    for (auto one = first; one != last; ++one) {
        if (!all.empty())
            all += ',';
        all.append(one->value().data(), one->value().size());
    }
    return all;
}

std::vector<std::string> list_of(const HttpFields& fields, std::string_view name)
{
    std::vector<std::string> members;
    const auto all = joined_values(fields, name);
    for (std::string_view rest{all}; !rest.empty();) {
        const auto end = std::min(rest.find(','), rest.size());
        const auto member = trim(rest.substr(0, end));
        if (!member.empty())
            members.push_back(lower_case(member));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return members;
}

bool names_too_many_fields(const HttpFields& fields)
{
    constexpr std::ptrdiff_t most = 64;
    std::ptrdiff_t members = 0;
    const auto [first, last] = fields.equal_range("Connection");
    for (auto one = first; one != last; ++one)
        members += 1 + std::count(one->value().begin(), one->value().end(), ',');
    return members > most;
}

bool lists(const HttpFields& fields, std::string_view name, std::string_view lower)
{
    const auto members = list_of(fields, name);
    return std::find(members.begin(), members.end(), lower) != members.end();
}

}  // namespace adit::protocols
