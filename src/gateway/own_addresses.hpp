// The addresses that lead to this machine itself, as it last said. They are looked at again and
// again, for interfaces come and go.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "protocols/result.hpp"
#include "protocols/target.hpp"
#include "src/platform/system.hpp"

namespace adit::gateway {

class OwnAddresses {
public:
    using Read = std::function<Result<std::vector<protocols::Address>, std::string>()>;

    explicit OwnAddresses(Read read = platform::own_addresses) : read_{std::move(read)} {}

    // Whether they are others than before. The failure says why the machine does not tell; then the
    // last ones stay.
    Result<bool, std::string> look();

    const std::vector<protocols::Address>& last() const { return last_; }

    // False while the last look has failed, and before the first one.
    bool are_current() const { return current_; }

private:
    Read read_;
    std::vector<protocols::Address> last_;
    bool current_ = false;
};

}  // namespace adit::gateway
