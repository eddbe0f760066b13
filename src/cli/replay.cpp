#include "src/cli/replay.hpp"

#include <cstdio>
#include <optional>

#include <fmt/format.h>

#include "src/cli/access_lines.hpp"
#include "src/cli/cli.hpp"
#include "src/review/question.hpp"
#include "src/review/replay.hpp"

namespace adit::cli {
namespace {

// The configuration that is compared with, if there is one; a mistake in it is told.
bool read_against(const std::string& path, std::optional<Read>& against)
{
    if (path.empty())
        return true;
    auto read = read_configuration({path, {}});
    if (!read) {
        fmt::print(stderr, "{}\n", read.error());
        return false;
    }
    against = std::move(*read);
    return true;
}

void print_summary(const ReplayOptions& options, const AccessLines& lines,
                   const review::Comparison& comparison)
{
    fmt::print("{} against {}\n\n{}", options.config,
               options.against.empty() ? "what was recorded" : options.against,
               comparison.to_text());
    if (comparison.without_request() != 0)
        fmt::print("not judged: {} without a complete request\n", comparison.without_request());
    if (comparison.untold() != 0)
        fmt::print("not judged: {} destination{} over UDP that the records only count\n",
                   comparison.untold(), comparison.untold() == 1 ? "" : "s");
    if (lines.unreadable() != 0)
        fmt::print("unreadable: {} of {} lines, see above\n", lines.unreadable(), lines.lines());
}

}  // namespace

int replay(const ReplayOptions& options)
{
    const auto now = review::moment(options.at);
    if (!now) {
        fmt::print(stderr, "--at {}: not a time; write 2026-11-24 or 2026-11-24T02:48:32Z\n",
                   options.at);
        return misused;
    }
    const auto read = read_configuration({options.config, {}});
    if (!read) {
        fmt::print(stderr, "{}\n", read.error());
        return misused;
    }
    std::optional<Read> against;
    if (!read_against(options.against, against))
        return misused;

    const review::Judge after{read->configuration, *now};
    std::optional<review::Judge> before;
    if (against)
        before.emplace(against->configuration, *now);
    review::Comparison comparison{options.examples};
    AccessLines lines;
    const bool all_read = lines.read(options.files, [&](const review::AccessLine& line) {
        comparison.add_untold(line.other_destinations);
        const auto requests = review::for_each_request(line, [&](const auto& request) {
            const auto was = before ? before->answer(request) : review::recorded_answer(request);
            comparison.add(request, was, after.answer(request));
        });
        if (requests == 0)
            comparison.add_without_request();
    });
    if (!all_read)
        return misused;

    print_summary(options, lines, comparison);
    return comparison.count(review::Change::newly_denied) == 0 ? ok : failed;
}

}  // namespace adit::cli
