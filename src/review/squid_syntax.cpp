#include "src/review/squid_syntax.hpp"

#include <algorithm>
#include <bit>
#include <charconv>

#include "protocols/target.hpp"

namespace adit::review::squid {
namespace {

using policy::Network;
using protocols::Address;

constexpr std::string_view blanks = " \t\r\v\f";

std::string_view trimmed(std::string_view text)
{
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// Cuts off the first line, without its line feed.
std::string_view take_line(std::string_view& text)
{
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line;
}

std::vector<std::string> tokens_of(std::string_view text)
{
    std::vector<std::string> tokens;
    for (;;) {
        text = trimmed(text);
        if (text.empty() || text.front() == '#')
            return tokens;
        auto end = text.find_first_of(blanks);
        if (text.front() == '"') {
            const auto closing = text.find('"', 1);
            end = closing == std::string_view::npos ? closing : closing + 1;
        }
        tokens.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end, text.size()));
    }
}

std::optional<unsigned> parse_number(std::string_view text, unsigned most)
{
    unsigned number = 0;
    const auto* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || stop != end || number > most)
        return std::nullopt;
    return number;
}

unsigned width(const Address& address)
{
    return address.is_v4() ? 32 : 128;
}

// "8" or "255.0.0.0".
std::optional<unsigned> parse_mask(std::string_view text, unsigned most)
{
    if (const auto number = parse_number(text, most))
        return number;
    const auto mask = protocols::parse_address(text);
    if (!mask || !mask->is_v4() || most != 32)
        return std::nullopt;
    const auto bits = mask->to_v4().to_uint();
    const auto prefix = static_cast<unsigned>(std::countl_one(bits));
    const bool solid = prefix == 32 || (bits << prefix) == 0;
    return solid ? std::optional{prefix} : std::nullopt;
}

// The fewest networks that are together first..last.
std::optional<Addresses> parse_range(std::string_view from, std::string_view to)
{
    const auto first = protocols::parse_address(from);
    const auto last = protocols::parse_address(to);
    if (!first || !last || !first->is_v4() || !last->is_v4())
        return std::nullopt;
    Addresses found;
    std::uint64_t at = first->to_v4().to_uint();
    const std::uint64_t end = last->to_v4().to_uint();
    if (at > end)
        return std::nullopt;
    while (at <= end) {
        unsigned free_bits = at == 0 ? 32 : static_cast<unsigned>(std::countr_zero(at));
        free_bits = std::min(free_bits, 32U);
        while (at + (std::uint64_t{1} << free_bits) - 1 > end)
            --free_bits;
        found.networks.push_back({boost::asio::ip::address_v4{static_cast<std::uint32_t>(at)},
                                  static_cast<std::uint8_t>(32 - free_bits)});
        at += std::uint64_t{1} << free_bits;
    }
    return found;
}

std::optional<std::string> canonical_name(std::string_view text)
{
    const auto domain = protocols::Domain::parse(text);
    return domain ? std::optional{domain->text()} : std::nullopt;
}

// `example\.com`: a name whose dots are escaped and that holds nothing else with a meaning.
std::optional<std::string> plain_name(std::string_view pattern)
{
    std::string name;
    while (!pattern.empty()) {
        if (pattern.starts_with("\\.") || pattern.starts_with("\\-")) {
            name += pattern[1];
            pattern.remove_prefix(2);
        } else if (pattern.find_first_of(".\\^$*+?()[]{}|") == 0) {
            return std::nullopt;
        } else {
            name += pattern.front();
            pattern.remove_prefix(1);
        }
    }
    return canonical_name(name);
}

// The names that a regular expression means, if it only says what they are or how they end.
std::optional<std::vector<HostEntry>> parse_plain_regex(std::string_view text)
{
    using namespace std::string_view_literals;
    if (!text.ends_with('$') || text.ends_with("\\$"))
        return std::nullopt;
    text.remove_suffix(1);
    const auto named = [&](std::string_view opening, bool itself,
                           bool below) -> std::optional<std::vector<HostEntry>> {
        const auto name = plain_name(text.substr(opening.size()));
        if (!name)
            return std::nullopt;
        std::vector<HostEntry> entries;
        if (itself)
            entries.push_back({*name, {}});
        if (below)
            entries.push_back({"*." + *name, {}});
        return entries;
    };
    for (const auto opening : {"(^|\\.)"sv, "(\\.|^)"sv})
        if (text.starts_with(opening))
            return named(opening, true, true);
    if (text.starts_with('^'))
        return named("^", true, false);
    if (text.starts_with("\\."))
        return named("\\.", false, true);
    return std::nullopt;  // it ends so, in the middle of a label
}

// Reads a regular expression in the syntax of regex(7), which Squid uses, for what RE2 would take in
// another sense. What RE2 does not take at all is left to it.
class RegexReader {
public:
    explicit RegexReader(std::string_view text) : left_{text} {}

    // Whether both mean the same by it, as far as host names go.
    bool same();
    bool has_alternatives() const { return alternatives_; }  // outside of all parentheses

private:
    bool read_escape();
    bool read_brackets();
    bool read_repetition();

    std::string_view left_;
    unsigned depth_ = 0;
    bool alternatives_ = false;
};

bool RegexReader::same()
{
    while (!left_.empty()) {
        const char c = left_.front();
        left_.remove_prefix(1);
        bool fits = c > ' ' && c < 0x7f;
        if (c == '\\')
            fits = read_escape();
        else if (c == '[')
            fits = read_brackets();
        else if (c == '{' || c == '*' || c == '+' || c == '?')
            fits = c == '{' ? read_repetition() : true;
        else if (c == '(') {
            ++depth_;
            fits = !left_.starts_with('?');  // (?i) is RE2's alone
        } else if (c == ')')
            depth_ -= depth_ == 0 ? 0 : 1;
        else if (c == '|')
            alternatives_ = alternatives_ || depth_ == 0;
        // To RE2 a second one makes the first lazy; to regex(7) it repeats the repetition.
        const bool repeats = c == '{' || c == '*' || c == '+' || c == '?';
        if (!fits || (repeats && left_.find_first_of("*+?{") == 0))
            return false;
    }
    return true;
}

// \. and the like, and what both know of GNU's and Perl's: \w, \s, \b. To regex(7) \d is a d.
bool RegexReader::read_escape()
{
    if (left_.empty())
        return false;
    const char c = left_.front();
    left_.remove_prefix(1);
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    const auto known = std::string_view{letter ? "wWsSbB" : ".-^$*+?()[]{}|\\/_"};
    return known.find(c) != std::string_view::npos;
}

// Within brackets a backslash is itself to regex(7). Where RE2 takes it for an escape of what stands
// behind it, no name can tell the difference: none holds a backslash.
bool RegexReader::read_brackets()
{
    if (left_.starts_with('^'))
        left_.remove_prefix(1);
    for (bool first = true; !left_.empty(); first = false) {
        const char c = left_.front();
        left_.remove_prefix(1);
        if (c == ']' && !first)
            return true;
        if (c == '[' && left_.starts_with(':')) {
            const auto end = left_.find(":]");
            if (end == std::string_view::npos)
                return false;
            left_.remove_prefix(end + 2);
        } else if (c == '[' && left_.find_first_of(".=") == 0) {
            return false;
        } else if (c == '\\') {
            // [\-a] is a range to the one and not to the other.
            if (!left_.starts_with('.') && !left_.starts_with("-]"))
                return false;
            left_.remove_prefix(1);
        }
    }
    return false;
}

// {2}, {2,} or {2,5}; anything else is text to RE2.
bool RegexReader::read_repetition()
{
    const auto end = left_.find('}');
    if (end == std::string_view::npos)
        return false;
    const auto range = left_.substr(0, end);
    left_.remove_prefix(end + 1);
    const auto comma = range.find(',');
    const auto most =
        comma == std::string_view::npos ? std::string_view{} : range.substr(comma + 1);
    return parse_number(range.substr(0, comma), 1000) && (most.empty() || parse_number(most, 1000));
}

// The same for RE2 and a whole name: to Squid it may stand anywhere in it.
std::optional<std::string> pattern_of(std::string_view text)
{
    RegexReader reader{text};
    if (text.empty() || !reader.same())
        return std::nullopt;
    if (reader.has_alternatives())
        return ".*(?:" + std::string{text} + ").*";
    const bool from_start = text.starts_with('^');
    const bool to_end = text.ends_with('$') && !text.ends_with("\\$");
    if (from_start)
        text.remove_prefix(1);
    if (to_end && !text.empty())
        text.remove_suffix(1);
    return (from_start ? "" : ".*") + std::string{text} + (to_end ? "" : ".*");
}

}  // namespace

std::vector<Line> split(std::string_view text)
{
    std::vector<Line> lines;
    std::size_t number = 0;
    while (!text.empty()) {
        Line line;
        line.number = ++number;
        auto part = take_line(text);
        // A comment goes to the end of its own line, whatever it ends in.
        while (!trimmed(part).starts_with('#') && part.ends_with('\\') && !text.empty()) {
            line.text += part.substr(0, part.size() - 1);
            part = take_line(text);
            ++number;
        }
        line.text += part;
        line.text = trimmed(line.text);
        line.tokens = tokens_of(line.text);
        if (!line.tokens.empty())
            lines.push_back(std::move(line));
    }
    return lines;
}

std::vector<std::string> split_values(std::string_view text)
{
    std::vector<std::string> values;
    while (!text.empty())
        for (auto& token : tokens_of(take_line(text)))
            values.push_back(std::move(token));
    return values;
}

std::optional<Addresses> parse_addresses(std::string_view text)
{
    if (text == "all" || text == "0/0")
        return Addresses{true, {}};
    if (text == "ipv4" || text == "ipv6") {
        const auto any = text == "ipv4" ? Address{boost::asio::ip::address_v4{}}
                                        : Address{boost::asio::ip::address_v6{}};
        return Addresses{false, {{any, 0}}};
    }
    if (const auto dash = text.find('-'); dash != std::string_view::npos)
        return parse_range(text.substr(0, dash), text.substr(dash + 1));
    const auto slash = text.find('/');
    const auto address = protocols::parse_address(text.substr(0, slash));
    if (!address)
        return std::nullopt;
    const auto most = width(*address);
    const auto prefix = slash == std::string_view::npos ? std::optional{most}
                                                        : parse_mask(text.substr(slash + 1), most);
    if (!prefix)
        return std::nullopt;
    return Addresses{false,
                     {{policy::masked(*address, *prefix), static_cast<std::uint8_t>(*prefix)}}};
}

std::optional<policy::PortRange> parse_ports(std::string_view text)
{
    const auto dash = text.find('-');
    const auto first = parse_number(text.substr(0, dash), 65535);
    const auto last =
        dash == std::string_view::npos ? first : parse_number(text.substr(dash + 1), 65535);
    if (!first || !last || *first > *last || *last == 0)
        return std::nullopt;
    return policy::PortRange{static_cast<std::uint16_t>(std::max(*first, 1U)),
                             static_cast<std::uint16_t>(*last)};
}

std::optional<std::vector<HostEntry>> parse_domain(std::string_view text)
{
    const bool below = text.starts_with('.');
    const auto name = canonical_name(below ? text.substr(1) : text);
    if (!name)
        return std::nullopt;
    std::vector<HostEntry> entries{{*name, {}}};
    if (below)
        entries.push_back({"*." + *name, {}});
    return entries;
}

std::optional<std::vector<HostEntry>> parse_domain_regex(std::string_view text, bool ignore_case)
{
    // Squid makes the requested name lower-case, so a capital in a regular expression fits nothing
    // unless case is ignored; whoever wrote it may have meant either.
    const bool capital =
        !ignore_case && std::ranges::any_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
    if (capital)
        return std::nullopt;
    if (auto names = parse_plain_regex(text))
        return names;
    const auto pattern = pattern_of(text);
    auto parsed = pattern ? policy::HostPattern::parse(*pattern)
                          : Result<policy::HostPattern, std::string>{std::string{}};
    if (!parsed)
        return std::nullopt;
    return std::vector<HostEntry>{{'/' + *pattern + '/', std::move(*parsed)}};
}
}  // namespace adit::review::squid
