#include "src/udp/census.hpp"

namespace adit::udp {

Census::Place::~Place()
{
    if (census_ != nullptr)
        census_->leave(client_);
}

std::optional<Census::Place> Census::admit(const protocols::Address& client)
{
    const std::lock_guard lock{mutex_};
    if (all_ == most)
        return std::nullopt;
    auto& count = of_client_[client];
    if (count == most_of_one_client)
        return std::nullopt;
    ++count;
    ++all_;
    return Place{*this, client};
}

void Census::leave(const protocols::Address& client)
{
    const std::lock_guard lock{mutex_};
    --all_;
    const auto found = of_client_.find(client);
    if (--found->second == 0)
        of_client_.erase(found);
}

}  // namespace adit::udp
