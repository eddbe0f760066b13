// One HTTP request to the proxy as a handshake: CONNECT (RFC 9110 §9.3.6), an absolute-form request
// to be forwarded (RFC 9112 §3.2.2), or a page of the gateway's own. And HTTP's column of the table of
// endings.
#pragma once

#include "protocols/accept.hpp"
#include "protocols/handshake.hpp"
#include "protocols/http_head.hpp"
#include "protocols/http_offer.hpp"

namespace adit::protocols {

class HttpHandshake {
public:
    explicit HttpHandshake(Login login, HttpOffer offer = {}) : login_{login}, offer_{offer} {}

    // `connect` until the request says otherwise.
    Protocol protocol() const { return protocol_; }
    Wants advance(Bytes input);
    Wants verified(bool accepted);

    // established: "HTTP/1.1 200 ..." without any framing field. All else: a complete response with
    // Content-Length and Proxy-Status (RFC 9209). Its body is text, or JSON where the request's
    // Accept prefers that, and none for HEAD. Unless keeps_connection(), it says Connection: close,
    // and the connection is closed after it (RFC 9931).
    Reply conclude(const Answer& answer) const;

    // Whether another request may follow on the connection when this one has been answered, also by
    // a refusal: a forwarded one without a body that is well-formed and does not say otherwise.
    bool keeps_connection() const { return keeps_connection_; }

private:
    Wants ask(HttpHead head, std::size_t consumed);
    Wants ask_tunnel(const HttpHead& head, std::size_t consumed);
    Wants ask_forward(HttpHead head, std::size_t consumed);
    Wants ask_page(const HttpHead& head, std::size_t consumed) const;
    Wants log_in(const HttpHead& head, std::size_t consumed);
    Wants asked();
    Wants answer_ourselves(const ForwardRequest& request) const;

    Login login_;
    HttpOffer offer_;
    HttpHeadReader reader_;
    Protocol protocol_ = Protocol::connect;
    BodyForm form_ = BodyForm::text;
    bool is_head_ = false;
    bool keeps_connection_ = false;
    bool complete_ = false;
    std::variant<std::monostate, TunnelRequest, ForwardRequest> asked_;
};

}  // namespace adit::protocols
