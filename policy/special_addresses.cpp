#include "policy/special_addresses.hpp"

#include <algorithm>

namespace adit::policy {

using boost::asio::ip::address_v4;
using boost::asio::ip::address_v6;

namespace {

constexpr std::uint32_t mask32(unsigned prefix)
{
    return prefix == 0 ? 0 : ~std::uint32_t{0} << (32 - prefix);
}

constexpr std::uint64_t mask64(unsigned prefix)
{
    return prefix == 0 ? 0 : ~std::uint64_t{0} << (64 - prefix);
}

constexpr Bits128 masked_bits(Bits128 bits, unsigned prefix)
{
    return {bits.high & mask64(std::min(prefix, 64U)),
            bits.low & (prefix > 64 ? mask64(prefix - 64) : 0)};
}

Bits128 bits_of(const address_v6& address)
{
    const auto bytes = address.to_bytes();
    Bits128 bits;
    for (std::size_t i = 0; i < 8; ++i) {
        bits.high = bits.high << 8 | bytes[i];
        bits.low = bits.low << 8 | bytes[i + 8];
    }
    return bits;
}

address_v6 address_of(Bits128 bits)
{
    address_v6::bytes_type bytes{};
    for (std::size_t i = 8; i-- > 0;) {
        bytes[i] = static_cast<unsigned char>(bits.high & 0xff);
        bytes[i + 8] = static_cast<unsigned char>(bits.low & 0xff);
        bits.high >>= 8;
        bits.low >>= 8;
    }
    return address_v6{bytes};
}

struct Ipv4Entry {
    std::uint32_t network;
    unsigned prefix;
    Word word;
};

constexpr std::uint32_t v4(unsigned a, unsigned b, unsigned c, unsigned d)
{
    return a << 24 | b << 16 | c << 8 | d;
}

// The IANA IPv4 Special-Purpose Address Registry (RFC 6890 and its updates), multicast
// (RFC 5771) and the addresses where clouds hand out credentials. The first entry that holds the
// address names it; what none holds is public.
constexpr std::array ipv4_entries{
    Ipv4Entry{v4(169, 254, 169, 254), 32, Word::metadata},  // AWS, GCP, Azure, OpenStack, ...
    Ipv4Entry{v4(169, 254, 170, 2), 32, Word::metadata},    // AWS ECS task credentials
    Ipv4Entry{v4(168, 63, 129, 16), 32, Word::metadata},    // Azure's wire server
    Ipv4Entry{v4(100, 100, 100, 200), 32, Word::metadata},  // Alibaba Cloud
    Ipv4Entry{v4(192, 0, 0, 192), 32, Word::metadata},      // Oracle Cloud
    Ipv4Entry{v4(0, 0, 0, 0), 8, Word::reserved},           // RFC 791 "this network"
    Ipv4Entry{v4(10, 0, 0, 0), 8, Word::private_},          // RFC 1918
    Ipv4Entry{v4(100, 64, 0, 0), 10, Word::cgnat},          // RFC 6598
    Ipv4Entry{v4(127, 0, 0, 0), 8, Word::loopback},         // RFC 1122 §3.2.1.3
    Ipv4Entry{v4(169, 254, 0, 0), 16, Word::link_local},    // RFC 3927
    Ipv4Entry{v4(172, 16, 0, 0), 12, Word::private_},       // RFC 1918
    Ipv4Entry{v4(192, 0, 0, 9), 32, Word::public_},         // RFC 7723 PCP anycast
    Ipv4Entry{v4(192, 0, 0, 10), 32, Word::public_},        // RFC 8155 TURN anycast
    Ipv4Entry{v4(192, 0, 0, 0), 24, Word::reserved},        // RFC 6890 protocol assignments
    Ipv4Entry{v4(192, 0, 2, 0), 24, Word::reserved},        // RFC 5737 documentation
    Ipv4Entry{v4(192, 88, 99, 0), 24, Word::reserved},      // RFC 7526 6to4 relays, withdrawn
    Ipv4Entry{v4(192, 168, 0, 0), 16, Word::private_},      // RFC 1918
    Ipv4Entry{v4(198, 18, 0, 0), 15, Word::reserved},       // RFC 2544 benchmarking
    Ipv4Entry{v4(198, 51, 100, 0), 24, Word::reserved},     // RFC 5737 documentation
    Ipv4Entry{v4(203, 0, 113, 0), 24, Word::reserved},      // RFC 5737 documentation
    Ipv4Entry{v4(224, 0, 0, 0), 4, Word::multicast},        // RFC 5771
    Ipv4Entry{v4(240, 0, 0, 0), 4, Word::reserved},         // RFC 1112 §4, and broadcast
};

struct Ipv6Entry {
    Bits128 network;
    unsigned prefix;
    Word word;
};

// The IANA IPv6 Special-Purpose Address Registry over the IPv6 address space: only 2000::/3 is
// global unicast (RFC 4291 §2.4). The first entry that holds the address names it; what none
// holds is reserved: so are ::/128, IPv4-compatible, SIIT, 64:ff9b:1::/48, the discard and dummy
// prefixes 100::/64 and 100:0:0:1::/64, SRv6's 5f00::/16 and the former site-local fec0::/10.
constexpr std::array ipv6_entries{
    Ipv6Entry{{0xfd000ec200000000, 0x254}, 128, Word::metadata},  // AWS
    Ipv6Entry{{0xfd2000ce00000000, 0x254}, 128, Word::metadata},  // GCP
    Ipv6Entry{{0, 1}, 128, Word::loopback},                       // RFC 4291 §2.5.3
    Ipv6Entry{{0x0064ff9b00000000, 0}, 96, Word::public_},        // RFC 6052 §2.1
    Ipv6Entry{{0xfc00000000000000, 0}, 7, Word::private_},        // RFC 4193
    Ipv6Entry{{0xfe80000000000000, 0}, 10, Word::link_local},     // RFC 4291 §2.5.6
    Ipv6Entry{{0xff00000000000000, 0}, 8, Word::multicast},       // RFC 4291 §2.7
    Ipv6Entry{{0x2001000100000000, 0x1}, 128, Word::public_},     // RFC 7723 PCP anycast
    Ipv6Entry{{0x2001000100000000, 0x2}, 128, Word::public_},     // RFC 8155 TURN anycast
    Ipv6Entry{{0x2001000100000000, 0x3}, 128, Word::public_},     // RFC 9665 SRP anycast
    Ipv6Entry{{0x2001000300000000, 0}, 32, Word::public_},        // RFC 7450 AMT
    Ipv6Entry{{0x2001000401120000, 0}, 48, Word::public_},        // RFC 7535 AS112
    Ipv6Entry{{0x2001002000000000, 0}, 28, Word::public_},        // RFC 7343 ORCHIDv2
    Ipv6Entry{{0x2001003000000000, 0}, 28, Word::public_},        // RFC 9374 DRIP
    Ipv6Entry{{0x2001000000000000, 0}, 23, Word::reserved},       // RFC 2928, Teredo within
    Ipv6Entry{{0x20010db800000000, 0}, 32, Word::reserved},       // RFC 3849 documentation
    Ipv6Entry{{0x2002000000000000, 0}, 16, Word::reserved},       // RFC 3056 6to4
    Ipv6Entry{{0x3fff000000000000, 0}, 20, Word::reserved},       // RFC 9637 documentation
    Ipv6Entry{{0x2000000000000000, 0}, 3, Word::public_},         // RFC 4291 §2.4
};

Word word_of(const address_v4& address)
{
    const auto bits = address.to_uint();
    for (const auto& entry : ipv4_entries)
        if ((bits & mask32(entry.prefix)) == entry.network)
            return entry.word;
    return Word::public_;
}

Word word_of(const address_v6& address)
{
    const auto bits = bits_of(address);
    for (const auto& entry : ipv6_entries)
        if (masked_bits(bits, entry.prefix) == entry.network)
            return entry.word;
    return Word::reserved;
}

bool within(Bits128 bits, Bits128 network, unsigned prefix)
{
    return masked_bits(bits, prefix) == network;
}

Address ipv4(std::uint64_t bits)
{
    return address_v4{static_cast<std::uint32_t>(bits)};
}

}  // namespace

Word registered_word(const Address& address)
{
    const auto plain = protocols::unmapped(address);
    return plain.is_v4() ? word_of(plain.to_v4()) : word_of(plain.to_v6());
}

HiddenIpv4 tunnelled_ipv4(const Address& address)
{
    HiddenIpv4 found;
    if (!address.is_v6())
        return found;
    const auto v6 = address.to_v6();
    const auto bits = bits_of(v6);

    if (within(bits, {0x2002000000000000, 0}, 16)) {  // 6to4, RFC 3056 §2
        found.add(ipv4(bits.high >> 16));
    } else if (within(bits, {0x2001000000000000, 0}, 32)) {
        // Teredo, RFC 4380 §4: packets go to the client, whose address is written inverted;
        // those that open the way go to the server.
        found.add(ipv4(~bits.low));
        found.add(ipv4(bits.high));
    } else if (within(bits, {0, 0xffff000000000000}, 96)) {  // SIIT, RFC 2765 §2.1
        found.add(ipv4(bits.low));
    } else if (within(bits, {0x0064ff9b00010000, 0}, 48)) {
        // RFC 8215: a network may cut its NAT64 prefix out of this one at any length.
        for (const unsigned length : {48U, 56U, 64U, 96U})
            found.add(nat64_ipv4(v6, length));
    } else if (within(bits, {0, 0}, 96) && bits.low > 1) {  // IPv4-compatible, RFC 4291 §2.5.5.1
        found.add(ipv4(bits.low));
    }
    return found;
}

bool is_nat64_prefix_length(unsigned length)
{
    return length == 32 || length == 40 || length == 48 || length == 56 || length == 64 ||
           length == 96;
}

// RFC 6052 §2.2:  PREFIX | v4, but the octet of bits 64..71 is skipped when the address crosses it
Address nat64_ipv4(const address_v6& address, unsigned prefix_length)
{
    constexpr std::size_t reserved_octet = 8;
    const auto bytes = address.to_bytes();
    address_v4::bytes_type inside{};
    std::size_t at = prefix_length / 8;
    for (auto& byte : inside) {
        if (at == reserved_octet)
            ++at;
        byte = bytes[at++];
    }
    return address_v4{inside};
}

Bits128 bits_of(const Address& address)
{
    return address.is_v4() ? Bits128{0, address.to_v4().to_uint()} : bits_of(address.to_v6());
}

Address masked(const Address& address, unsigned prefix)
{
    if (address.is_v4())
        return address_v4{address.to_v4().to_uint() & mask32(prefix)};
    return address_of(masked_bits(bits_of(address.to_v6()), prefix));
}

}  // namespace adit::policy
