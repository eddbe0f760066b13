// The head of an HTTP/1 message, read strictly and incrementally. Each line is checked as it arrives
// (RFC 9112 §2.2, §3, §4, §5); what is ambiguous is refused. There is one parser and one reading:
// Beast's container holds the fields, its parser never sees the bytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <boost/beast/http/fields.hpp>

#include "protocols/bytes.hpp"
#include "protocols/fault.hpp"
#include "protocols/step.hpp"

namespace adit::protocols {

using HttpFields = boost::beast::http::fields;

struct HttpHead {
    std::string method;  // as sent: methods are case-sensitive
    std::string target;
    int version = 11;  // 10 or 11
    HttpFields fields;
};

struct HttpResponseHead {
    int status = 0;  // 100..599
    std::string reason;
    int version = 11;  // 10 or 11
    HttpFields fields;
};

// Limits of one head: a longer request line is 414, a larger or longer head 431.
inline constexpr std::size_t max_request_line = 8 * 1024;
inline constexpr std::size_t max_head = 32 * 1024;
inline constexpr std::size_t max_fields = 100;

// Feed it the same growing buffer until it is Done or Malformed; it remembers how far it has
// looked, so a client that sends byte by byte costs no more than one that does not. One empty line
// (CRLF) before a request line is skipped; before a status line there is none.
template <class Head>
class HeadReader {
public:
    Step<Head> read(Bytes input);

private:
    Fault take_line(std::string_view line);  // without its CRLF
    Fault too_long(std::size_t line_length, std::size_t head_length) const;

    Head head_;
    std::size_t line_start_ = 0;  // of the line being looked at
    std::size_t looked_at_ = 0;   // bytes already searched for an end of line
    std::size_t head_start_ = 0;  // 2 when an empty line was skipped
    std::size_t fields_ = 0;
    bool begun_ = false;  // the first line has been read
};

using HttpHeadReader = HeadReader<HttpHead>;
using HttpResponseReader = HeadReader<HttpResponseHead>;

// One field line without its CRLF, added to `fields`: Fault::none, or bad_field (RFC 9112 §5).
Fault take_field_line(std::string_view line, HttpFields& fields);

}  // namespace adit::protocols
