#include "policy/suggest.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace adit::policy {

namespace {

constexpr std::size_t longest_compared = 40;
constexpr std::size_t shortest_beginning = 3;
constexpr std::size_t longest_quoted = 80;

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// How many letters must be put in, taken out, replaced or swapped with their neighbour.
std::size_t distance(std::string_view a, std::string_view b)
{
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> above(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(above.begin(), above.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const auto differs = lower(a[i - 1]) == lower(b[j - 1]) ? 0U : 1U;
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + differs});
            const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                                 lower(a[i - 2]) == lower(b[j - 1]);
            if (swapped)
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before.swap(above);
        above.swap(row);
    }
    return above.back();
}

// How many bytes of UTF-8 to repeat: at most `longest_quoted`, no character cut in two.
std::size_t whole_characters(std::string_view text)
{
    auto length = std::min(text.size(), longest_quoted);
    while (length > 0 && length < text.size() &&
           (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U)
        --length;
    return length;
}

}  // namespace

std::string_view closest(std::string_view text, std::span<const std::string_view> candidates)
{
    if (text.size() > longest_compared)
        return {};
    std::string_view best;
    // A third of the letters may be wrong: "port" is meant to be "ports", "log" is not "login".
    auto least = std::max<std::size_t>(text.size() / 3, 1) + 1;
    for (const auto candidate : candidates) {
        if (candidate.size() > longest_compared)
            continue;
        const auto steps = distance(text, candidate);
        if (steps < least && steps < candidate.size()) {
            least = steps;
            best = candidate;
        }
    }
    if (best.empty() && text.size() >= shortest_beginning)
        for (const auto candidate : candidates)
            if (candidate.starts_with(text))
                return candidate;
    return best;
}

std::string did_you_mean(std::string_view text, std::span<const std::string_view> candidates,
                         std::string_view mark)
{
    const auto best = closest(text, candidates);
    if (best.empty())
        return {};
    return "; did you mean " + quoted(std::string{mark}.append(best)) + "?";
}

std::string quoted(std::string_view text)
{
    static constexpr char digits[] = "0123456789abcdef";
    std::string result = "\"";
    for (const char c : text.substr(0, whole_characters(text))) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F) {
            result += "\\u00";
            result += digits[byte >> 4U];
            result += digits[byte & 15U];
        } else {
            result += c;
        }
    }
    if (text.size() > longest_quoted)
        result += "...";
    return result + '"';
}

std::string alternatives(std::span<const std::string_view> words)
{
    std::string result;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0)
            result += i + 1 == words.size() ? " or " : ", ";
        result += quoted(words[i]);
    }
    return result;
}

}  // namespace adit::policy
