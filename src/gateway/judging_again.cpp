#include "src/gateway/judging_again.hpp"

#include <fmt/format.h>

namespace adit::gateway {
namespace {

std::string what_follows(const Review& review)
{
    if (review.settings.tunnels == policy::OnReload::report)
        return "they go on";
    const auto grace = review.settings.grace.count();
    return grace == 0 ? "they are closed" : fmt::format("they are closed in {} ms", grace);
}

}  // namespace

Review JudgingAgain::begin(Event event, const policy::ReloadSettings& settings, std::size_t workers)
{
    review_ = {review_.pass + 1, event, settings};
    sum_ = {};
    awaited_ = workers;
    return review_;
}

void JudgingAgain::add(const JudgedAgain& judged)
{
    if (judged.pass != review_.pass)
        return;
    sum_ += judged;
    if (--awaited_ > 0)
        return;
    if (sum_.refused > 0)
        log_.warning(in_words(review_, sum_));
    else if (sum_.judged > 0)
        log_.info(in_words(review_, sum_));
}

std::string in_words(const Review& review, const JudgedAgain& sum)
{
    if (sum.refused == 0)
        return fmt::format("{}: all {} live tunnels are still allowed", word(review.event),
                           sum.judged);
    auto text =
        fmt::format("{}: {} of {} live tunnels are no longer allowed; {}: ", word(review.event),
                    sum.refused, sum.judged, what_follows(review));
    for (const auto& example : sum.examples)
        text += (&example == &sum.examples.front() ? "" : "; ") + example;
    if (sum.refused > sum.examples.size())
        text += "; ...";
    return text;
}

}  // namespace adit::gateway
