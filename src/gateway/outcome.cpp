#include "src/gateway/outcome.hpp"

namespace adit::gateway {

using protocols::Ending;
using protocols::Fault;

namespace {

// Ended by us.
Outcome stopped_by(Interruption interruption)
{
    if (interruption == Interruption::policy_changed)
        return ended_by_policy;
    return interruption == Interruption::idle ? Outcome{"idle_timeout", "gateway"} : stopped;
}

}  // namespace

Outcome tunnel_outcome(const relay::Totals& totals, Interruption interruption)
{
    const std::string_view side = totals.by_client ? "client" : "destination";
    switch (totals.end) {
        case relay::End::finished:
            return {"finished", side};
        case relay::End::reset:
            return {"reset", side};
        case relay::End::stopped:
            return stopped_by(interruption);
    }
    return broken_promise;
}

Outcome association_outcome(udp::End end, Interruption interruption)
{
    switch (end) {
        case udp::End::finished:
            return {"finished", "client"};
        case udp::End::reset:
            return {"reset", "client"};
        case udp::End::stopped:
            return stopped_by(interruption);
    }
    return broken_promise;
}

Outcome refused_outcome(Ending ending, Fault fault, Interruption interruption)
{
    if (interruption == Interruption::client_left)
        return client_gone;
    if (interruption == Interruption::stopping)
        return stopped;
    if (ending == Ending::malformed && fault == Fault::too_slow)
        return handshake_timeout;
    return {word(ending), "gateway"};
}

Outcome pin_outcome(PinEnd end, Interruption interruption)
{
    switch (end) {
        case PinEnd::kept:
            break;
        case PinEnd::mismatch:
            return {"inner_mismatch", "gateway"};
        case PinEnd::malformed:
            return {"inner_malformed", "gateway"};
        case PinEnd::interrupted:
            return interruption == Interruption::stopping ? stopped
                                                          : Outcome{"inner_timeout", "gateway"};
        case PinEnd::client_left:
            return client_gone;
        case PinEnd::destination_left:
            return {"finished", "destination"};
        case PinEnd::destination_reset:
            return {"reset", "destination"};
    }
    return broken_promise;
}

}  // namespace adit::gateway
