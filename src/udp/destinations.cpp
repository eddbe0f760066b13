#include "src/udp/destinations.hpp"

#include <algorithm>

namespace adit::udp {

Destination& Destinations::at(const protocols::Target& target)
{
    const auto* literal = std::get_if<protocols::Address>(&target.host);
    const auto find = [&](auto& index, const auto& host) -> Destination& {
        const auto found = index.find({host, target.port});
        if (found != index.end()) {
            all_.splice(all_.begin(), all_, found->second);
            return *found->second;
        }
        make_room();
        all_.emplace_front(target);
        index.emplace(std::pair{host, target.port}, all_.begin());
        return all_.front();
    };
    return literal != nullptr ? find(literals_, *literal)
                              : find(names_, std::get<protocols::Domain>(target.host).text());
}

Destination* Destinations::answering(const protocols::Endpoint& from)
{
    const auto found = answering_.find({from.address, from.port});
    if (found == answering_.end())
        return nullptr;
    all_.splice(all_.begin(), all_, found->second);
    return &*found->second;
}

void Destinations::answers_from(Destination& destination, const protocols::Endpoint& address)
{
    if (destination.facts.address != address)
        answers_no_more(destination);
    destination.facts.address = address;
    const auto self = std::find_if(all_.begin(), all_.end(),
                                   [&](const auto& one) { return &one == &destination; });
    answering_.insert_or_assign({address.address, address.port}, self);
}

// Another one may have written to the same address since; then its answers stay welcome.
void Destinations::answers_no_more(Destination& destination)
{
    if (!destination.facts.address)
        return;
    const auto& address = *destination.facts.address;
    const auto found = answering_.find({address.address, address.port});
    if (found != answering_.end() && &*found->second == &destination)
        answering_.erase(found);
}

void Destinations::make_room()
{
    if (all_.size() == most)
        forget(std::prev(all_.end()));
}

void Destinations::forget(All::iterator destination)
{
    if (on_leaving)
        on_leaving(*destination);
    answers_no_more(*destination);
    ++forgotten_;
    of_forgotten_ += destination->facts.counts;
    const auto& target = destination->facts.target;
    if (const auto* literal = std::get_if<protocols::Address>(&target.host))
        literals_.erase({*literal, target.port});
    else
        names_.erase({std::get<protocols::Domain>(target.host).text(), target.port});
    all_.erase(destination);
}

void Destinations::tell(observe::UdpTraffic& traffic) const
{
    traffic.other_destinations = forgotten_;
    traffic.others = of_forgotten_;
    for (const auto& destination : all_) {
        if (traffic.destinations.size() < most_told) {
            traffic.destinations.push_back(destination.facts);
            continue;
        }
        ++traffic.other_destinations;
        traffic.others += destination.facts.counts;
    }
}

}  // namespace adit::udp
