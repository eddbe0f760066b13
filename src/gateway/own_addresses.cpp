#include "src/gateway/own_addresses.hpp"

#include <utility>

namespace adit::gateway {

Result<bool, std::string> OwnAddresses::look()
{
    auto now = read_();
    current_ = now.has_value();
    if (!now)
        return {boost::system::in_place_error, now.error()};
    const bool changed = *now != last_;
    last_ = std::move(*now);
    return changed;
}

}  // namespace adit::gateway
