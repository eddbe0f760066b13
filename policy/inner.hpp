// The duty that a rule can lay on the tunnels it allows: which protocol runs inside and, for TLS,
// which server the client names. It is no part of the question whether the rule matches: who is
// allowed a tunnel and carries something else in it has broken the duty.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "policy/domains.hpp"
#include "protocols/tunnel_request.hpp"

namespace adit::policy {

enum class InnerProtocol : std::uint8_t { tls, ssh, http };
std::string_view word(InnerProtocol protocol);  // "tls", ...

struct Inner {
    InnerProtocol protocol = InnerProtocol::tls;
    // For TLS; neither of them leaves the name to the client.
    bool same_host = false;                 // the host asked for; no name for an address
    std::optional<HostSet> server_names{};  // one of these, whatever was asked for

    // Whether the outer server name of a ClientHello, empty when it has none, is one that fits.
    bool allows(const std::optional<protocols::Domain>& server_name,
                const protocols::Host& asked) const;
};

// "TLS with the requested host as its server name"
std::string in_words(const Inner& inner);

// Whether the gateway can hold a client of this protocol to the duty. Not over UDP, nor where the
// destination connects to the client (BIND); and a forwarded HTTP request carries HTTP only.
bool can_carry(protocols::Protocol protocol, InnerProtocol inner);

}  // namespace adit::policy
