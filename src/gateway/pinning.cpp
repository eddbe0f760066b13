// How a session holds a tunnel to what its rule pins.
#include "src/gateway/session.hpp"
#include "src/gateway/worker.hpp"

namespace adit::gateway {

// Whether the client's first bytes are what the rule pins. A client that has broken its word, or
// says nothing, is told by RST, for it has been told of a tunnel already.
Awaitable<bool> Session::keeps_to(const policy::Inner& inner, const protocols::Host& asked,
                                  Socket& destination)
{
    interruption_ = Interruption::none;
    deadline_.expires_after(worker_.snapshot()->configuration->limits.inner_timeout);
    Pin pin{worker_.loop(), client_, destination, inner, asked};
    pin_ = &pin;
    const auto found = co_await pin.held();
    pin_ = nullptr;
    chronicle_.pin(inner, found, interruption_);
    if (found.end == PinEnd::kept)
        co_return true;
    if (found.end == PinEnd::destination_left) {
        interruption_ = Interruption::none;
        deadline_.expires_after(parting_time);
        co_await client_.part();
    } else {
        client_.reset();
    }
    co_return false;
}

}  // namespace adit::gateway
