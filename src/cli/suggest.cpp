#include "src/cli/suggest.hpp"

#include <cstdio>

#include <fmt/format.h>

#include "src/cli/access_lines.hpp"
#include "src/cli/cli.hpp"
#include "src/review/suggest.hpp"

namespace adit::cli {
namespace {

// Two hosts below one domain are a coincidence, three a habit.
constexpr std::size_t fold_from = 3;

}  // namespace

int suggest(const SuggestOptions& options)
{
    const review::SuggestOptions how{options.generalise ? fold_from : 0, options.denied};
    review::Observations seen;
    AccessLines lines;
    if (!lines.read(options.files, [&](const auto& line) { seen.add(line, how); }))
        return misused;
    fmt::print("{}", review::to_text(seen, how));
    if (lines.unreadable() != 0)
        fmt::print(stderr, "{} of {} lines could not be read\n", lines.unreadable(), lines.lines());
    return ok;
}

}  // namespace adit::cli
