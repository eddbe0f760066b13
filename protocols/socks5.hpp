// SOCKS5 (RFC 1928) with username/password (RFC 1929): parsers, and the conversation they make up.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "protocols/handshake.hpp"
#include "protocols/step.hpp"

namespace adit::protocols {

// RFC 1928 §3:  VER(1)=5 | NMETHODS(1) | METHODS(NMETHODS).  Only the two methods we speak are
// remembered.
struct Socks5Greeting {
    bool no_login = false;   // 00
    bool user_pass = false;  // 02
};

Step<Socks5Greeting> parse_socks5_greeting(Bytes in);

// RFC 1929 §2:  VER(1)=1 | ULEN(1) | UNAME(ULEN) | PLEN(1) | PASSWD(PLEN).  Empty fields parse: an
// empty user is nobody.
Step<Credentials> parse_user_pass(Bytes in);

enum class Socks5Command : std::uint8_t { connect = 1, bind = 2, udp_associate = 3 };

struct Socks5Request {
    Socks5Command command = Socks5Command::connect;
    // Of UDP ASSOCIATE it is 0.0.0.0:0. What such a request names is a hint that nobody needs, and
    // clients write the oddest things there: PySocks the name "0".
    Target target;
};

// RFC 1928 §4:  VER(1)=5 | CMD(1) | RSV(1)=0 | ATYP(1) | DST.ADDR | DST.PORT(2)
// Faults: bad_version_byte, bad_command, bad_reserved_byte, bad_address_type, bad_host, bad_port;
// of UDP ASSOCIATE not the last two. The first wrong byte is named as soon as it is there.
Step<Socks5Request> parse_socks5_request(Bytes in);

class Socks5Handshake {
public:
    explicit Socks5Handshake(Login login) : login_{login} {}

    Protocol protocol() const { return Protocol::socks5; }
    Wants advance(Bytes input);
    Wants verified(bool accepted);
    Reply conclude(const Answer& answer) const;

private:
    enum class Phase : std::uint8_t { greeting, user_pass, verifying, request, requested };

    Wants greet(Bytes input);
    Wants log_in(Bytes input);
    Wants request(Bytes input);
    bool is_user_pass_due(const Socks5Greeting& greeting) const;

    Login login_;
    Phase phase_ = Phase::greeting;
};

}  // namespace adit::protocols
