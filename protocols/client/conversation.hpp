// The client's half of a handshake with a proxy, as a conversation without I/O: it says bytes, is
// told the proxy's, and comes to an end. HttpClient, Socks5Client and Socks4Client have the same
// members; std::visit serves them all:
//
//   std::string open();                  // the first bytes, said once
//   Turn advance(Bytes input);           // all bytes received and not yet consumed
//   std::optional<Refused> cut_short();  // the proxy says no more: a refusal, if it got that far
//
// The driver's loop: feed `advance`, drop `consumed` bytes, send `say`, then do what `what` says.
// Nothing of the tunnel is sent before Open: a proxy that refuses could take it for requests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

#include "protocols/bytes.hpp"
#include "protocols/fault.hpp"

namespace adit::protocols::client {

// More bytes are needed.
struct More {};

// The tunnel stands; what was not consumed comes from the destination.
struct Open {};

// The proxy says no. All text is the proxy's own, unescaped, and may be empty.
struct Refused {
    enum class Why : std::uint8_t { login_needed, login_failed, other };

    Why why = Why::other;
    std::string reason;      // one line: "403 Forbidden", "the destination refused the connection"
    std::string error;       // the error type of RFC 9209 §2.3
    std::string rule;        // the deciding rule, if it was told
    std::string request_id;  // finds the proxy's record of this request
    std::string text;        // what the proxy says to people: several lines, cut at max_text bytes
};

inline constexpr std::size_t max_text = 4096;

// The proxy does not keep to the protocol.
struct NotUnderstood {
    Fault fault = Fault::none;
};

struct Turn {
    std::variant<More, Open, Refused, NotUnderstood> what;
    std::size_t consumed = 0;
    std::string say;  // to be sent now; empty when nothing is due
};

}  // namespace adit::protocols::client
