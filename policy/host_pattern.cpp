#include "policy/host_pattern.hpp"

#include <algorithm>
#include <utility>

#include <re2/re2.h>

namespace adit::policy {

namespace {

constexpr std::size_t longest = 500;
// A few hundred instructions are a long list of names; `(a{1,1000}){1,1000}` is an attack or a slip.
constexpr int largest_program = 4000;
constexpr int most_memory = 256 << 10;  // bytes, states of the automaton included

re2::RE2::Options options()
{
    re2::RE2::Options options;
    options.set_encoding(re2::RE2::Options::EncodingLatin1);  // names are ASCII
    options.set_case_sensitive(false);
    options.set_never_capture(true);
    options.set_log_errors(false);
    options.set_max_mem(most_memory);
    return options;
}

bool is_plain(char c)
{
    return c > ' ' && c < 0x7F;
}

}  // namespace

HostPattern::HostPattern(std::shared_ptr<const re2::RE2> expression)
    : expression_{std::move(expression)}
{
}

Result<HostPattern, std::string> HostPattern::parse(std::string_view text)
{
    if (text.empty())
        return std::string{"is empty and matches no name; take it out, or write \"*\" for all"};
    if (text.size() > longest)
        return std::string{"is longer than 500 bytes; write several shorter ones"};
    if (!std::ranges::all_of(text, is_plain))
        return std::string{"holds a blank or a letter beyond ASCII, which no host name does"};
    auto expression =
        std::make_shared<const re2::RE2>(re2::StringPiece{text.data(), text.size()}, options());
    const bool too_large = expression->error_code() == re2::RE2::ErrorPatternTooLarge ||
                           expression->ProgramSize() > largest_program;
    if (too_large)
        return std::string{"is too large when its repetitions are written out; repeat less"};
    if (!expression->ok())
        return "is not understood: " + expression->error() +
               "; its form is that of RE2, without look-around and back-references";
    return HostPattern{std::move(expression)};
}

bool HostPattern::matches(std::string_view name) const
{
    return re2::RE2::FullMatch(re2::StringPiece{name.data(), name.size()}, *expression_);
}

const std::string& HostPattern::text() const
{
    return expression_->pattern();
}

}  // namespace adit::policy
