// What a listener offers to a client that speaks HTTP: what it serves, and what its help page tells.
#pragma once

#include <optional>
#include <string>

#include "protocols/login.hpp"

namespace adit::protocols {

struct HttpOffer {
    bool connect = true;
    bool forward = false;        // plain HTTP
    bool help = false;           // pages of the gateway's own
    bool forwarded_for = false;  // destinations of plain HTTP are told the client's address

    // What the pages tell besides.
    bool socks5 = false;
    bool socks4 = false;
    bool tls = false;  // the client speaks TLS to the gateway
    Login login = Login::none;
    std::optional<std::string> socket = {};  // at a unix socket: its path; empty if not known
};

// The methods that such a listener serves, as the value of Allow (RFC 9110 §10.2.1). Others are
// forwarded, too; TRACE is, but never answered here.
std::string allowed_methods(const HttpOffer& offer);

}  // namespace adit::protocols
