// The one table of endings: how a connection ended, in the words of its record.
#pragma once

#include <string_view>

#include "protocols/ending.hpp"
#include "src/gateway/pin.hpp"
#include "src/relay/relay.hpp"
#include "src/udp/association.hpp"

namespace adit::gateway {

// Why a session was interrupted from outside its own conversation.
enum class Interruption : std::uint8_t {
    none,
    deadline,
    client_left,
    idle,
    stopping,
    policy_changed
};

struct Outcome {
    std::string_view ending;
    std::string_view closed_by;  // "client", "destination", "gateway"

    bool operator==(const Outcome&) const = default;
};

// A tunnel that stood.
Outcome tunnel_outcome(const relay::Totals& totals, Interruption interruption);

// A UDP association that stood.
Outcome association_outcome(udp::End end, Interruption interruption);

// A request that never became a tunnel. `ending` is what the client was told.
Outcome refused_outcome(protocols::Ending ending, protocols::Fault fault,
                        Interruption interruption);

// A forwarded request that got an answer, or a part of one.
inline constexpr Outcome answered{"finished", "destination"};
inline constexpr Outcome answer_broken{"reset", "destination"};
inline constexpr Outcome answer_unread{"reset", "client"};
inline constexpr Outcome answer_stalled{"idle_timeout", "gateway"};
inline constexpr Outcome helped{"help", "gateway"};
// A tunnel whose client did not keep to what its rule pins. Not for PinEnd::kept.
Outcome pin_outcome(PinEnd end, Interruption interruption);

// A connection that never became a request.
inline constexpr Outcome client_gone{"client_gone", "client"};
inline constexpr Outcome unknown_protocol{"unknown_protocol", "gateway"};
inline constexpr Outcome bad_proxy_header{"malformed", "gateway"};
inline constexpr Outcome tls_failed{"tls_failed", {}};  // the reason says by whom
inline constexpr Outcome handshake_timeout{"handshake_timeout", "gateway"};
inline constexpr Outcome ended_by_policy{"policy_changed", "gateway"};
inline constexpr Outcome stopped{"stopped", "gateway"};
inline constexpr Outcome broken_promise{"internal", "gateway"};

}  // namespace adit::gateway
