// SOCKS4 and its extension 4a: one request, one eight-byte answer. There is no password, so a
// listener that requires a login does not offer it; the user id is read, bounded and never taken
// for a policy user.
#pragma once

#include "protocols/handshake.hpp"
#include "protocols/step.hpp"

namespace adit::protocols {

// VN(1)=4 | CD(1) | DSTPORT(2) | DSTIP(4) | USERID NUL [ | NAME NUL when DSTIP is 0.0.0.x with x !=
// 0 ] USERID and NAME are at most 255 bytes. Only CD = 1 (CONNECT) is a tunnel; 2 (BIND) is
// Fault::bad_command.
Step<Target> parse_socks4_request(Bytes in);

class Socks4Handshake {
public:
    Protocol protocol() const { return Protocol::socks4; }
    Wants advance(Bytes input);
    Wants verified(bool accepted);
    Reply conclude(const Answer& answer) const;
};

}  // namespace adit::protocols
