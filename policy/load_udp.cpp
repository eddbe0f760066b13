// A listener's "udp" and the protocols that come with it.
#include "policy/load_udp.hpp"

#include <array>

#include "policy/entries.hpp"
#include "policy/suggest.hpp"

namespace adit::policy {

namespace {

constexpr std::array<Key, 3> udp_keys{{{"advertise"}, {"bind"}, {"ports"}}};

std::optional<Address> read_address(const Place& place, const Reader& reader)
{
    const auto text = reader.text(place, "an address, like \"203.0.113.7\"");
    if (!text)
        return std::nullopt;
    const auto address = parse_own_address(*text);
    if (!address) {
        reader.report().mistake(place, address.error());
        return std::nullopt;
    }
    if (address->is_unspecified()) {
        reader.report().mistake(place, quoted(*text) +
                                           " is every address; datagrams arrive at one that "
                                           "clients can send to");
        return std::nullopt;
    }
    return *address;
}

PortRange read_ports(const Place& place, const Reader& reader)
{
    const auto text = reader.text(place, "a range of ports, like \"40000-40100\"");
    if (!text)
        return {};
    const auto range = parse_port_entry(*text);
    if (range)
        return *range;
    reader.report().mistake(place, range.error());
    return {};
}

}  // namespace

UdpSettings read_udp(const Place& place, const Reader& reader, const ProtocolSet& protocols)
{
    UdpSettings udp;
    const Fields fields{place, reader.report(), udp_keys};
    if (fields.is_object() && !protocols.contains(Protocol::udp))
        reader.report().mistake(place,
                                "this listener serves no UDP; add \"udp\" to its \"protocols\", "
                                "or take \"udp\" out");
    if (const auto advertise = fields.find("advertise"))
        udp.advertise = read_address(*advertise, reader);
    if (const auto bind = fields.find("bind"))
        udp.bind = read_address(*bind, reader);
    if (const auto ports = fields.find("ports"))
        udp.ports = read_ports(*ports, reader);
    return udp;
}

void check_socks5_commands(const Place& place, const Reader& reader, const ProtocolSet& protocols)
{
    for (const auto command : {Protocol::udp, Protocol::bind})
        if (protocols.contains(command) && !protocols.contains(Protocol::socks5))
            reader.report().mistake(place, quoted(word(command)) +
                                               " is asked for in SOCKS5; add \"socks5\" to the "
                                               "list");
}

}  // namespace adit::policy
