#include "src/dial/candidates.hpp"

#include <algorithm>
#include <utility>

namespace adit::dial {

using protocols::Ending;

void Candidates::ask(Resolver& resolver, std::function<void()> on_answer)
{
    if (const auto* name = std::get_if<protocols::Domain>(&host_))
        lookup_ = std::make_unique<Lookup>(resolver, *name, std::move(on_answer));
}

std::optional<Candidates::News> Candidates::next()
{
    const auto* literal = std::get_if<Address>(&host_);
    for (const auto family : {Family::ipv6, Family::ipv4}) {
        auto& told = told_[static_cast<std::size_t>(family)];
        if (told)
            continue;
        if (literal != nullptr) {
            told = true;
            const auto own = protocols::unmapped(*literal).is_v6() ? Family::ipv6 : Family::ipv4;
            return News{family, family == own ? judge({*literal}) : std::vector<Address>{}};
        }
        if (lookup_ && lookup_->answer(family)) {
            told = true;
            return News{family, judge(lookup_->answer(family)->addresses)};
        }
    }
    return std::nullopt;
}

// Only what is allowed goes any further.
std::vector<Address> Candidates::judge(const std::vector<Address>& addresses)
{
    std::vector<Address> allowed;
    for (const auto& answered : addresses) {
        const auto address = protocols::unmapped(answered);
        if (find(address) != nullptr || judged_.size() == most_addresses)
            continue;
        judged_.push_back({address, judge_(address)});
        if (judged_.back().decision.allowed())
            allowed.push_back(address);
    }
    return allowed;
}

const AddressVerdict* Candidates::find(const Address& address) const
{
    const auto found = std::find_if(judged_.begin(), judged_.end(),
                                    [&](const auto& one) { return one.address == address; });
    return found == judged_.end() ? nullptr : &*found;
}

DialFailure Candidates::failure() const
{
    if (!judged_.empty())
        return {Ending::address_not_allowed, 0, judged_.front().decision};
    const auto any = [this](Found found) {
        return lookup_->answer(Family::ipv6)->found == found ||
               lookup_->answer(Family::ipv4)->found == found;
    };
    if (any(Found::overloaded))
        return {Ending::limit, 0, {}};
    return {any(Found::silence) ? Ending::name_timeout : Ending::name_unknown, 0, {}};
}

DialFailure Candidates::given_up() const
{
    const auto allowed = std::find_if(judged_.begin(), judged_.end(),
                                      [](const auto& one) { return one.decision.allowed(); });
    return {Ending::timed_out, 0,
            allowed == judged_.end() ? policy::Decision{} : allowed->decision};
}

}  // namespace adit::dial
