#include "src/udp/census.hpp"

namespace adit::udp {

Census::Place::~Place()
{
    if (census_ != nullptr)
        census_->leave(client_, outside_);
}

void Census::Place::sends_from(std::uint16_t port)
{
    const std::lock_guard lock{census_->mutex_};
    outside_.push_back(port);
    census_->outside_.insert(port);
}

bool Census::Place::is_outside(std::uint16_t port) const
{
    const std::lock_guard lock{census_->mutex_};
    return census_->outside_.contains(port);
}

std::optional<Census::Place> Census::admit(const protocols::Address& client)
{
    const std::lock_guard lock{mutex_};
    if (all_ == most)
        return std::nullopt;
    auto origin = login::origin_of(client);
    auto& count = of_client_[origin];
    if (count == most_of_one_client)
        return std::nullopt;
    ++count;
    ++all_;
    return Place{*this, std::move(origin)};
}

void Census::leave(const login::Origin& client, const std::vector<std::uint16_t>& outside)
{
    const std::lock_guard lock{mutex_};
    for (const auto port : outside)
        outside_.erase(outside_.find(port));
    --all_;
    const auto found = of_client_.find(client);
    if (--found->second == 0)
        of_client_.erase(found);
}

}  // namespace adit::udp
