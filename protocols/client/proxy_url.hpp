// Where a proxy is and how it is spoken to, as one URL in the manner of curl.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "protocols/credentials.hpp"
#include "protocols/result.hpp"
#include "protocols/target.hpp"

namespace adit::protocols::client {

enum class Scheme : std::uint8_t { http, https, socks4, socks4a, socks5, socks5h, unix_socket };

// "http", ..., "unix".
std::string_view word(Scheme scheme);

struct ProxyUrl {
    Scheme scheme = Scheme::http;
    std::variant<Target, std::string> where;  // a path for unix_socket, else a host and a port
    std::optional<Credentials> login;
};

// scheme "://" [ user [ ":" password ] "@" ] host [ ":" port ] [ "/" ], where the login is
// percent-decoded (RFC 3986 §2.1), or "unix:" path, or "unix://" path, with a path from the root.
// No scheme means http; no port means 443 for https and 1080 else. The failure is in words, ready to
// be printed, and never repeats a part that may be a password.
Result<ProxyUrl, std::string> parse_proxy_url(std::string_view text);

// Without the login: "socks5h://proxy.example:1080", "unix:/run/proxy.sock". Read again it is the
// same proxy, so a % in a path is written %25.
std::string to_text(const ProxyUrl& url);

// user ":" password, as a file or the environment has it; nothing in it is encoded. Empty when
// there is no colon, no user, or a control character.
std::optional<Credentials> parse_login(std::string_view text);

}  // namespace adit::protocols::client
