// HTTP CONNECT (RFC 9110 §9.3.6) as the client speaks it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "protocols/client/conversation.hpp"
#include "protocols/credentials.hpp"
#include "protocols/step.hpp"
#include "protocols/target.hpp"

namespace adit::protocols::client {

// The head of an answer to CONNECT: what a client may need of it.
struct HttpAnswer {
    int status = 0;              // 100..599
    std::string reason;          // may be empty
    std::string proxy_status;    // all fields of that name, one list (RFC 9110 §5.3)
    bool is_plain_text = false;  // text/plain
    std::size_t length = 0;      // of the body; 0 when it is not told in the one unambiguous way
};

// Strict: every line ends in CRLF, no folded field (RFC 9112 §5.2), at most 32 KiB and 100 fields.
// Faults: bad_status_line, bad_version, bad_field, answer_too_large; the first byte that cannot be
// HTTP is enough.
Step<HttpAnswer> parse_http_answer(Bytes in);

// "CONNECT host:port HTTP/1.1" with Host and, for a login, Proxy-Authorization (RFC 7617).
std::string http_connect_request(const Target& target, const Credentials* login);

class HttpClient {
public:
    // A user name of RFC 7617 holds no colon.
    HttpClient(Target target, std::optional<Credentials> login)
        : target_{std::move(target)}, login_{std::move(login)}
    {
    }

    std::string open() { return http_connect_request(target_, login_ ? &*login_ : nullptr); }

    // 2xx opens the tunnel at the end of the head (RFC 9110 §9.3.6: a length in it means nothing);
    // some 1xx may come before. The body of a refusal in plain text is waited for.
    Turn advance(Bytes input);
    std::optional<Refused> cut_short() { return std::move(refused_); }

private:
    Turn hear(const HttpAnswer& answer, std::size_t consumed);
    Turn hear_body(Bytes input);
    Refused refusal_of(const HttpAnswer& answer) const;

    Target target_;
    std::optional<Credentials> login_;
    std::optional<Refused> refused_;  // its body is being read
    std::size_t body_ = 0;            // bytes of it that are waited for
    int interim_ = 0;
};

}  // namespace adit::protocols::client
