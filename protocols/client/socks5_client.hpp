// SOCKS5 (RFC 1928) with username/password (RFC 1929) as the client speaks it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "protocols/client/conversation.hpp"
#include "protocols/credentials.hpp"
#include "protocols/step.hpp"
#include "protocols/target.hpp"

namespace adit::protocols::client {

enum class Socks5Method : std::uint8_t { no_login = 0x00, user_pass = 0x02, none_accepted = 0xff };

// RFC 1928 §3:  VER(1)=5 | METHOD(1).  Malformed for another version and for a method that nobody
// here would have offered.
Step<Socks5Method> parse_socks5_choice(Bytes in);

// RFC 1929 §2:  VER(1)=1 | STATUS(1).  True when STATUS is 0.
Step<bool> parse_user_pass_status(Bytes in);

// RFC 1928 §6:  VER(1)=5 | REP(1) | RSV(1)=0 | ATYP(1) | BND.ADDR | BND.PORT(2).  Gives REP. A
// refusal is complete with its REP: servers differ in what they send behind it.
Step<std::uint8_t> parse_socks5_reply(Bytes in);

// Both have one byte for their length (RFC 1929 §2), and an empty user is nobody.
bool fits_socks5(const Credentials& login);

class Socks5Client {
public:
    // `login` as fits_socks5() accepts it; it is offered besides going without one.
    Socks5Client(Target target, std::optional<Credentials> login)
        : target_{std::move(target)}, login_{std::move(login)}
    {
    }

    std::string open();
    Turn advance(Bytes input);
    std::optional<Refused> cut_short() { return std::nullopt; }

private:
    enum class Phase : std::uint8_t { choice, status, reply };

    Turn hear_choice(Bytes input);
    Turn hear_status(Bytes input);
    Turn ask(std::size_t consumed);

    Target target_;
    std::optional<Credentials> login_;
    Phase phase_ = Phase::choice;
};

}  // namespace adit::protocols::client
