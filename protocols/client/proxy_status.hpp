// The Proxy-Status field of a refusal (RFC 9209), a list of RFC 8941: which proxy failed, and how.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace adit::protocols::client {

struct ProxyStatus {
    std::string error;  // RFC 9209 §2.3: "http_request_denied"
    std::string details;
    std::string rule;        // Adit's own parameter
    std::string request_id;  // Adit's own parameter
    bool operator==(const ProxyStatus&) const = default;
};

// The member nearest to the client that tells an error: the last one. Empty when there is none or
// when the field is not well-formed.
std::optional<ProxyStatus> parse_proxy_status(std::string_view field);

}  // namespace adit::protocols::client
