// How long the body of an HTTP/1 message is (RFC 9112 §6). Either there is exactly one reading, or
// the message is refused: whoever stands behind us might read the other one.
#pragma once

#include <cstdint>
#include <string_view>

#include "protocols/fault.hpp"
#include "protocols/http_head.hpp"
#include "protocols/result.hpp"

namespace adit::protocols {

struct Framing {
    enum class Kind : std::uint8_t {
        none,         // no body
        length,       // exactly `length` bytes
        chunked,      // RFC 9112 §7.1
        until_close,  // an answer that lasts as long as its connection
    };
    Kind kind = Kind::none;
    std::uint64_t length = 0;

    bool has_body() const { return kind != Kind::none && !(kind == Kind::length && length == 0); }
    bool operator==(const Framing&) const = default;
};

// A body's length: plain decimal digits, no sign, no blank, no list, no leading zero, below 2^63.
Result<std::uint64_t, Fault> parse_content_length(std::string_view text);

// Fault::bad_framing for Content-Length beside Transfer-Encoding, for either of them twice, for any
// transfer coding but `chunked` alone, and for Transfer-Encoding in HTTP/1.0.
Result<Framing, Fault> framing_of(const HttpHead& request);

// The same for an answer, interim (1xx) or final, to a request with this method. HEAD, 1xx, 204 and
// 304 have no body, whatever their fields say of it; a 1xx or a 204 that announces one is refused
// (RFC 9112 §6.1, RFC 9110 §8.6). `Content-Length: 0` announces none: old WebSocket servers say it.
Result<Framing, Fault> framing_of(const HttpResponseHead& answer, std::string_view method);

}  // namespace adit::protocols
