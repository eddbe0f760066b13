#include "protocols/sniff.hpp"

namespace adit::protocols {
namespace {

bool begins_http(std::uint8_t byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || byte == '\r' ||
           byte == '\n';
}

}  // namespace

std::optional<Dialect> sniff(std::uint8_t first_byte)
{
    if (first_byte == 5)
        return Dialect::socks5;
    if (first_byte == 4)
        return Dialect::socks4;
    if (begins_http(first_byte))
        return Dialect::http;
    return std::nullopt;
}

}  // namespace adit::protocols
