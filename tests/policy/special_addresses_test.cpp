#include "policy/special_addresses.hpp"

#include <doctest/doctest.h>

#include <utility>
#include <vector>

#include "tests/policy/judging.hpp"

using namespace adit::policy;
using namespace adit::policy::testing;

namespace {

struct Row {
    const char* first;
    const char* last;
    Word word;
};

Address after(const Address& address, int step)
{
    if (address.is_v4())
        return boost::asio::ip::address_v4{address.to_v4().to_uint() +
                                           static_cast<std::uint32_t>(step)};
    auto bytes = address.to_v6().to_bytes();
    for (std::size_t i = 16; i-- > 0;) {
        bytes[i] = static_cast<unsigned char>(bytes[i] + step);
        if (bytes[i] != (step > 0 ? 0x00 : 0xff))
            break;
    }
    return boost::asio::ip::address_v6{bytes};
}

// The whole of both address spaces, block by block and without a gap.
const std::vector<Row> ipv4_space{
    {"0.0.0.0", "0.255.255.255", Word::reserved},
    {"1.0.0.0", "9.255.255.255", Word::public_},
    {"10.0.0.0", "10.255.255.255", Word::private_},
    {"11.0.0.0", "100.63.255.255", Word::public_},
    {"100.64.0.0", "100.100.100.199", Word::cgnat},
    {"100.100.100.200", "100.100.100.200", Word::metadata},
    {"100.100.100.201", "100.127.255.255", Word::cgnat},
    {"100.128.0.0", "126.255.255.255", Word::public_},
    {"127.0.0.0", "127.255.255.255", Word::loopback},
    {"128.0.0.0", "168.63.129.15", Word::public_},
    {"168.63.129.16", "168.63.129.16", Word::metadata},
    {"168.63.129.17", "169.253.255.255", Word::public_},
    {"169.254.0.0", "169.254.169.253", Word::link_local},
    {"169.254.169.254", "169.254.169.254", Word::metadata},
    {"169.254.169.255", "169.254.170.1", Word::link_local},
    {"169.254.170.2", "169.254.170.2", Word::metadata},
    {"169.254.170.3", "169.254.255.255", Word::link_local},
    {"169.255.0.0", "172.15.255.255", Word::public_},
    {"172.16.0.0", "172.31.255.255", Word::private_},
    {"172.32.0.0", "191.255.255.255", Word::public_},
    {"192.0.0.0", "192.0.0.8", Word::reserved},
    {"192.0.0.9", "192.0.0.10", Word::public_},
    {"192.0.0.11", "192.0.0.191", Word::reserved},
    {"192.0.0.192", "192.0.0.192", Word::metadata},
    {"192.0.0.193", "192.0.0.255", Word::reserved},
    {"192.0.1.0", "192.0.1.255", Word::public_},
    {"192.0.2.0", "192.0.2.255", Word::reserved},
    {"192.0.3.0", "192.88.98.255", Word::public_},
    {"192.88.99.0", "192.88.99.255", Word::reserved},
    {"192.88.100.0", "192.167.255.255", Word::public_},
    {"192.168.0.0", "192.168.255.255", Word::private_},
    {"192.169.0.0", "198.17.255.255", Word::public_},
    {"198.18.0.0", "198.19.255.255", Word::reserved},
    {"198.20.0.0", "198.51.99.255", Word::public_},
    {"198.51.100.0", "198.51.100.255", Word::reserved},
    {"198.51.101.0", "203.0.112.255", Word::public_},
    {"203.0.113.0", "203.0.113.255", Word::reserved},
    {"203.0.114.0", "223.255.255.255", Word::public_},
    {"224.0.0.0", "239.255.255.255", Word::multicast},
    {"240.0.0.0", "255.255.255.255", Word::reserved},
};

#define ONES "ffff:ffff:ffff"
const std::vector<Row> ipv6_space{
    {"::", "::", Word::reserved},
    {"::1", "::1", Word::loopback},
    {"::2", "::fffe:ffff:ffff", Word::reserved},                       // IPv4-compatible within
    {"::1:0:0:0", "64:ff9a:" ONES ":ffff:ffff:ffff", Word::reserved},  // SIIT within
    {"64:ff9b::", "64:ff9b::ffff:ffff", Word::public_},
    {"64:ff9b::1:0:0", "1fff:" ONES ":" ONES ":ffff", Word::reserved},  // 64:ff9b:1::/48, 100::/64
    {"2000::", "2000:" ONES ":" ONES ":ffff", Word::public_},
    {"2001::", "2001:1::", Word::reserved},  // Teredo
    {"2001:1::1", "2001:1::3", Word::public_},
    {"2001:1::4", "2001:2:" ONES ":ffff:ffff:ffff", Word::reserved},
    {"2001:3::", "2001:3:" ONES ":ffff:ffff:ffff", Word::public_},
    {"2001:4::", "2001:4:111:ffff:ffff:" ONES, Word::reserved},
    {"2001:4:112::", "2001:4:112:ffff:ffff:" ONES, Word::public_},
    {"2001:4:113::", "2001:1f:" ONES ":ffff:ffff:ffff", Word::reserved},
    {"2001:20::", "2001:3f:" ONES ":ffff:ffff:ffff", Word::public_},
    {"2001:40::", "2001:1ff:" ONES ":ffff:ffff:ffff", Word::reserved},
    {"2001:200::", "2001:db7:" ONES ":ffff:ffff:ffff", Word::public_},
    {"2001:db8::", "2001:db8:" ONES ":ffff:ffff:ffff", Word::reserved},
    {"2001:db9::", "2001:" ONES ":" ONES ":ffff", Word::public_},
    {"2002::", "2002:" ONES ":" ONES ":ffff", Word::reserved},
    {"2003::", "3ffe:" ONES ":" ONES ":ffff", Word::public_},
    {"3fff::", "3fff:fff:" ONES ":ffff:ffff:ffff", Word::reserved},
    {"3fff:1000::", "3fff:" ONES ":" ONES ":ffff", Word::public_},
    {"4000::", "fbff:" ONES ":" ONES ":ffff", Word::reserved},  // SRv6 5f00::/16 within
    {"fc00::", "fd00:ec2::253", Word::private_},
    {"fd00:ec2::254", "fd00:ec2::254", Word::metadata},
    {"fd00:ec2::255", "fd20:ce::253", Word::private_},
    {"fd20:ce::254", "fd20:ce::254", Word::metadata},
    {"fd20:ce::255", "fdff:" ONES ":" ONES ":ffff", Word::private_},
    {"fe00::", "fe7f:" ONES ":" ONES ":ffff", Word::reserved},
    {"fe80::", "febf:" ONES ":" ONES ":ffff", Word::link_local},
    {"fec0::", "feff:" ONES ":" ONES ":ffff", Word::reserved},  // formerly site-local
    {"ff00::", "ffff:" ONES ":" ONES ":ffff", Word::multicast},
};
#undef ONES

void each_row_is_named(const std::vector<Row>& space)
{
    for (const auto& row : space) {
        CAPTURE(row.first);
        CHECK(registered_word(at(row.first)) == row.word);
        CHECK(registered_word(at(row.last)) == row.word);
    }
}

std::vector<std::string> tunnelled(const std::string& address)
{
    std::vector<std::string> found;
    for (const auto& inside : tunnelled_ipv4(at(address)))
        found.push_back(inside.to_string());
    return found;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("every IPv4 address has the word of its block, up to both edges")
{
    each_row_is_named(ipv4_space);
    for (std::size_t i = 1; i < ipv4_space.size(); ++i)
        CHECK(after(at(ipv4_space[i - 1].last), 1) == at(ipv4_space[i].first));
}

TEST_CASE("every IPv6 address has the word of its block, up to both edges")
{
    each_row_is_named(ipv6_space);
    for (std::size_t i = 1; i < ipv6_space.size(); ++i) {
        const auto next = after(at(ipv6_space[i - 1].last), 1);
        // The mapped addresses are IPv4 and no block of their own.
        const auto gap = next == at("::ffff:0.0.0.0") ? at("::1:0:0:0") : next;
        CHECK(gap == at(ipv6_space[i].first));
    }
}

TEST_CASE("every special-purpose block of IANA's IPv6 registry has its word")
{
    const std::vector<std::pair<const char*, Word>> rows{
        {"64:ff9b:1::1", Word::reserved},   {"100::1", Word::reserved},
        {"100:0:0:1::1", Word::reserved},   {"2001:2::1", Word::reserved},
        {"2001:10::1", Word::reserved},     {"2001:2f::1", Word::public_},
        {"2620:4f:8000::1", Word::public_}, {"5f00::1", Word::reserved},
        {"fec0::1", Word::reserved},        {"::127.0.0.1", Word::reserved},
        {"::ffff:0:7f00:1", Word::reserved}};
    for (const auto& [address, word] : rows)
        CHECK_MESSAGE(registered_word(at(address)) == word, address);
}

TEST_CASE("special blocks of IPv4 that IANA calls globally reachable are public")
{
    for (const auto* address :
         {"192.0.0.9", "192.0.0.10", "192.31.196.1", "192.52.193.1", "192.175.48.1"})
        CHECK_MESSAGE(registered_word(at(address)) == Word::public_, address);
}

TEST_CASE("an IPv4-mapped address has the word of the IPv4 address it is")
{
    CHECK(registered_word(at("::ffff:127.0.0.1")) == Word::loopback);
    CHECK(registered_word(at("::ffff:7f00:1")) == Word::loopback);
    CHECK(registered_word(at("::ffff:8.8.8.8")) == Word::public_);
    CHECK(registered_word(at("::ffff:169.254.169.254")) == Word::metadata);
}

TEST_CASE("the IPv4 address inside each tunnelled form is found")
{
    CHECK(tunnelled("2002:a00:1::1") == Texts{"10.0.0.1"});
    CHECK(tunnelled("2002:7f00:1:ffff::") == Texts{"127.0.0.1"});
    CHECK(tunnelled("::10.0.0.1") == Texts{"10.0.0.1"});
    CHECK(tunnelled("::2") == Texts{"0.0.0.2"});
    CHECK(tunnelled("::ffff:0:a00:1") == Texts{"10.0.0.1"});
}

TEST_CASE("a Teredo address hides its client, written inverted, and its server")
{
    // The example of RFC 4380 §4 in its usual spelling: client 192.0.2.45, server 65.54.227.120.
    CHECK(tunnelled("2001:0:4136:e378:8000:63bf:3fff:fdd2") ==
          Texts{"192.0.2.45", "65.54.227.120"});
}

TEST_CASE("the local NAT64 block is read at every length that a network may have cut out of it")
{
    CHECK(tunnelled("64:ff9b:1::a00:1") == Texts{"0.0.0.0", "0.0.0.0", "0.0.0.10", "10.0.0.1"});
    CHECK(tunnelled("64:ff9b:1:a00:0:100::").front() == "10.0.0.1");
}

TEST_CASE("an address that carries no IPv4 hides none")
{
    for (const auto* address : {"10.0.0.1", "::", "::1", "2606:4700::1111", "fe80::a00:1",
                                "2001:1::1", "fd00::a00:1", "64:ff9b::1:a00:1", "::1:ffff:0:a00:1"})
        CHECK_MESSAGE(tunnelled(address).empty(), address);
}

TEST_CASE("a NAT64 prefix has one of six lengths")
{
    for (unsigned length = 0; length <= 128; ++length) {
        const bool wanted = length == 32 || length == 40 || length == 48 || length == 56 ||
                            length == 64 || length == 96;
        CHECK(is_nat64_prefix_length(length) == wanted);
    }
}

TEST_CASE("the reserved octet of a NAT64 address may hold anything")
{
    const auto address = at("2001:db8:122:a00:ff02:2100::").to_v6();
    CHECK(nat64_ipv4(address, 48) == at("10.0.2.33"));
}

TEST_CASE("masking keeps the first bits, and drops the zone")
{
    CHECK(masked(at("255.255.255.255"), 0) == at("0.0.0.0"));
    CHECK(masked(at("255.255.255.255"), 9) == at("255.128.0.0"));
    CHECK(masked(at("255.255.255.255"), 32) == at("255.255.255.255"));
    const auto ones = at("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    CHECK(masked(ones, 0) == at("::"));
    CHECK(masked(ones, 64) == at("ffff:ffff:ffff:ffff::"));
    CHECK(masked(ones, 65) == at("ffff:ffff:ffff:ffff:8000::"));
    CHECK(masked(ones, 128) == ones);
    CHECK(masked(at("fe80::1%7"), 128) == at("fe80::1"));
}
