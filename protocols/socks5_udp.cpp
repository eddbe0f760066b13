#include "protocols/socks5_udp.hpp"

#include <utility>

#include "protocols/socks5_address.hpp"

namespace adit::protocols {

Result<Socks5Datagram, Fault> parse_socks5_datagram(Bytes datagram)
{
    ByteReader reader{datagram};
    const auto reserved = reader.u16();
    const auto fragment = reserved ? reader.u8() : std::nullopt;
    if (!fragment)
        return Fault::cut_short;
    if (*reserved != 0)
        return Fault::bad_reserved_byte;
    if (*fragment != 0)
        return Fault::fragment;

    auto host = read_socks5_host(reader);
    if (const auto* malformed = std::get_if<Malformed>(&host))
        return malformed->fault;
    auto* done = std::get_if<Done<Host>>(&host);
    const auto port = done != nullptr ? reader.u16() : std::nullopt;
    if (!port)
        return Fault::cut_short;
    if (*port == 0)
        return Fault::bad_port;
    return Socks5Datagram{{std::move(done->value), *port}, datagram.subspan(reader.consumed())};
}

std::string socks5_datagram_header(const Endpoint& from)
{
    std::string header(3, '\0');
    append_socks5_endpoint(header, from);
    return header;
}

}  // namespace adit::protocols
