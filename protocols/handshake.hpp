// A handshake as a conversation without I/O: it is told bytes and verdicts, and says bytes and
// questions. Socks5Handshake, Socks4Handshake and HttpHandshake have the same four members;
// std::visit serves them all:
//
//   Protocol protocol() const;
//   Wants advance(Bytes input);                // all bytes received and not yet consumed
//   Wants verified(bool accepted);             // the answer to Verify
//   Reply conclude(const Answer& answer);      // the last words, right for the state it is in
//
// The driver's loop: feed `advance`, drop `consumed` bytes, send `reply`, then do what `what` says.
// After a request or Hangup only `conclude` is called; it may also be called early (a deadline, a
// limit) and answers what that moment allows.
#pragma once

#include <cstddef>
#include <string>
#include <variant>

#include "protocols/bytes.hpp"
#include "protocols/credentials.hpp"
#include "protocols/ending.hpp"
#include "protocols/http_forward.hpp"
#include "protocols/http_help.hpp"
#include "protocols/login.hpp"
#include "protocols/tunnel_request.hpp"

namespace adit::protocols {

using Reply = std::string;  // bytes to send; short SOCKS replies need no allocation

// More bytes are needed.
struct Input {};

// Are these right? Answer with verified().
struct Verify {
    Credentials credentials;
};

// The complete request: judge and dial, then conclude().
struct Tunnel {
    TunnelRequest request;
};

// A complete head of a plain HTTP request; its body follows. Judge, dial, write it anew.
struct Forward {
    ForwardRequest request;
};

// A page of the gateway's own: send it.
struct Help {
    Reply page;
};

// The complete request for a UDP association (SOCKS5): it names no destination, for each datagram
// does. conclude() with the relay's address.
struct Associate {};

// The complete request for one connection from `from` to this gateway (SOCKS BIND): conclude() with
// the listening address, and again with the peer's.
struct Bind {
    Target from;
};

// The conversation failed: conclude() with these, then close.
struct Hangup {
    Ending ending = Ending::malformed;
    Fault fault = Fault::none;
};

struct Wants {
    std::variant<Input, Verify, Tunnel, Forward, Help, Associate, Bind, Hangup> what;
    std::size_t consumed = 0;  // of the bytes given to advance(); 0 from verified()
    Reply reply;               // to be sent now; empty when nothing is due
};

}  // namespace adit::protocols
