// Which dialect a connection speaks, told by its first byte alone: a SOCKS5 greeting may be three
// bytes long and its client then waits, so asking for more would deadlock.
#pragma once

#include <cstdint>
#include <optional>

namespace adit::protocols {

enum class Dialect : std::uint8_t { http, socks5, socks4 };

// 5 and 4 are SOCKS; a letter, CR or LF is HTTP (an empty line may precede a request, RFC 9112
// §2.2); all else is nobody's.
std::optional<Dialect> sniff(std::uint8_t first_byte);

// TLS (0x16, a handshake record, RFC 8446 §5.1): what is inside it is sniffed again.
constexpr bool begins_tls(std::uint8_t first_byte)
{
    return first_byte == 0x16;
}

}  // namespace adit::protocols
