// HTTP CONNECT (RFC 9110 §9.3.6) as a handshake, and HTTP's column of the table of endings.
#pragma once

#include "protocols/accept.hpp"
#include "protocols/handshake.hpp"
#include "protocols/http_head.hpp"

namespace adit::protocols {

class HttpHandshake {
public:
    explicit HttpHandshake(Login login) : login_{login} {}

    Protocol protocol() const { return Protocol::connect; }
    Wants advance(Bytes input);
    Wants verified(bool accepted);

    // established: "HTTP/1.1 200 ..." without any framing field. All else: a complete response with
    // Content-Length, Connection: close and Proxy-Status (RFC 9209), after which the connection is
    // closed (RFC 9931). Its body is text, or JSON where the request's Accept prefers that.
    Reply conclude(const Answer& answer) const;

private:
    Wants ask(const HttpHead& head, std::size_t consumed);

    Login login_;
    HttpHeadReader reader_;
    BodyForm form_ = BodyForm::text;
    std::optional<TunnelRequest> asked_;
};

}  // namespace adit::protocols
