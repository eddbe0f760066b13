#include "protocols/socks5_address.hpp"

#include <algorithm>

namespace adit::protocols {
namespace {

constexpr std::uint8_t type_ipv4 = 1;
constexpr std::uint8_t type_name = 3;
constexpr std::uint8_t type_ipv6 = 4;

template <class AsioAddress>
Step<Host> read_address(ByteReader& reader)
{
    typename AsioAddress::bytes_type raw;
    const auto bytes = reader.take(raw.size());
    if (!bytes)
        return NeedMore{};
    std::copy(bytes->begin(), bytes->end(), raw.begin());
    return Done<Host>{unmapped(AsioAddress{raw}), reader.consumed()};
}

Step<Host> read_name(ByteReader& reader)
{
    const auto length = reader.u8();
    const auto name = length ? reader.take(*length) : std::nullopt;
    if (!name)
        return NeedMore{};
    const auto host = parse_host(as_text(*name));
    if (!host)
        return Malformed{host.error()};
    return Done<Host>{*host, reader.consumed()};
}

template <class AddressBytes>
void append_address(std::string& out, std::uint8_t type, const AddressBytes& bytes)
{
    out.push_back(static_cast<char>(type));
    out.append(as_text(bytes));
}

}  // namespace

Step<Host> read_socks5_host(ByteReader& reader)
{
    const auto type = reader.u8();
    if (!type)
        return NeedMore{};
    switch (*type) {
        case type_ipv4:
            return read_address<boost::asio::ip::address_v4>(reader);
        case type_ipv6:
            return read_address<boost::asio::ip::address_v6>(reader);
        case type_name:
            return read_name(reader);
        default:
            return Malformed{Fault::bad_address_type};
    }
}

Step<bool> skip_socks5_host(ByteReader& reader)
{
    const auto type = reader.u8();
    if (!type)
        return NeedMore{};
    std::optional<std::size_t> length;
    if (*type == type_ipv4)
        length = 4;
    else if (*type == type_ipv6)
        length = 16;
    else if (*type == type_name)
        length = reader.u8();
    else
        return Malformed{Fault::bad_address_type};
    if (!length || !reader.take(*length))
        return NeedMore{};
    return Done<bool>{true, reader.consumed()};
}

void append_socks5_endpoint(std::string& out, const Endpoint& endpoint)
{
    if (endpoint.address.is_v6())
        append_address(out, type_ipv6, endpoint.address.to_v6().to_bytes());
    else
        append_address(out, type_ipv4, endpoint.address.to_v4().to_bytes());
    out.push_back(static_cast<char>(endpoint.port >> 8));
    out.push_back(static_cast<char>(endpoint.port & 0xff));
}

}  // namespace adit::protocols
