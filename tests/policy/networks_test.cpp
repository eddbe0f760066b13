#include "policy/networks.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>

#include "tests/policy/judging.hpp"

using namespace adit::policy;
using namespace adit::policy::testing;

namespace {

const std::vector<std::string> all_words{"public",   "loopback",   "private",
                                         "cgnat",    "link-local", "multicast",
                                         "metadata", "self",       "reserved"};

bool parses(std::string_view text)
{
    return Network::parse(text).has_value();
}

std::string round_trip(std::string_view text)
{
    return to_text(network(text));
}

}  // namespace

TEST_CASE("every word is read as it is written")
{
    for (const auto& name : all_words) {
        const auto word = parse_word(name);
        REQUIRE_MESSAGE(word.has_value(), name);
        CHECK(text(*word) == name);
    }
    for (const auto* wrong : {"", "Public", "linklocal", "link_local", "internal", "any", "*"})
        CHECK_FALSE_MESSAGE(parse_word(wrong).has_value(), wrong);
}

TEST_CASE("a network is a CIDR or a bare address")
{
    CHECK(network("10.0.0.0/8") == Network{at("10.0.0.0"), 8});
    CHECK(network("2001:db8::/32") == Network{at("2001:db8::"), 32});
    CHECK(network("10.0.0.1") == Network{at("10.0.0.1"), 32});
    CHECK(network("2001:db8::1") == Network{at("2001:db8::1"), 128});
    CHECK(network("0.0.0.0/0") == Network{at("0.0.0.0"), 0});
    CHECK(network("::/0") == Network{at("::"), 0});
}

TEST_CASE("an IPv4-mapped network is the IPv4 network")
{
    CHECK(network("::ffff:10.0.0.0/104") == network("10.0.0.0/8"));
    CHECK(network("::ffff:0:0/96") == network("0.0.0.0/0"));
    CHECK(network("::ffff:10.0.0.1") == network("10.0.0.1"));
    CHECK(network("::ffff:10.0.0.1/128") == network("10.0.0.1/32"));
    CHECK_FALSE(parses("::ffff:0:0/95"));
    CHECK_FALSE(parses("::ffff:10.0.0.0/8"));
}

TEST_CASE("what is no network is refused, never repaired")
{
    for (const auto* wrong : {"",
                              "/",
                              "/8",
                              "10.0.0.0/",
                              "10.0.0.0/33",
                              "2001:db8::/129",
                              "10.0.0.0/-1",
                              "10.0.0.0/+8",
                              "10.0.0.0/08",
                              "10.0.0.0/00",
                              "10.0.0.0/ 8",
                              "10.0.0.0/8 ",
                              " 10.0.0.0/8",
                              "10.0.0.0/8/8",
                              "10.0.0.0/255.0.0.0",
                              "10.0.0.0/1000",
                              "10.0.0.0/4294967304",
                              "10.0.0/8",
                              "10/8",
                              "010.0.0.0/8",
                              "0x0a.0.0.0/8",
                              "[2001:db8::]/32",
                              "fe80::%1/64",
                              "fe80::1%eth0",
                              "github.com",
                              "public",
                              "10.0.0.0\\8"})
        CHECK_FALSE_MESSAGE(parses(wrong), wrong);
}

TEST_CASE("a network with bits behind its prefix is refused")
{
    CHECK_FALSE(parses("10.0.0.1/8"));
    CHECK_FALSE(parses("10.0.0.128/24"));
    CHECK_FALSE(parses("2001:db8::1/32"));
    CHECK_FALSE(parses("::ffff:10.0.0.1/104"));
    CHECK_FALSE(parses("0.0.0.1/0"));
    CHECK(parses("10.0.0.128/25"));
    CHECK(parses("2001:db8::8000:0:0:0/65"));
}

TEST_CASE("a network is written as it is read, a single address without its prefix")
{
    CHECK(round_trip("10.0.0.0/8") == "10.0.0.0/8");
    CHECK(round_trip("2001:db8::/32") == "2001:db8::/32");
    CHECK(round_trip("10.0.0.1/32") == "10.0.0.1");
    CHECK(round_trip("2001:db8::1/128") == "2001:db8::1");
    CHECK(round_trip("::/0") == "::/0");
}

TEST_CASE("a network holds its first and last address and nothing beside them")
{
    const auto inner = network("172.16.0.0/12");
    CHECK(inner.contains(at("172.16.0.0")));
    CHECK(inner.contains(at("172.31.255.255")));
    CHECK(inner.contains(at("::ffff:172.20.0.1")));
    CHECK_FALSE(inner.contains(at("172.15.255.255")));
    CHECK_FALSE(inner.contains(at("172.32.0.0")));
    const auto six = network("2001:db8:8000::/33");
    CHECK(six.contains(at("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff")));
    CHECK_FALSE(six.contains(at("2001:db8:7fff::1")));
}

TEST_CASE("a network never holds an address of the other family")
{
    CHECK_FALSE(network("0.0.0.0/0").contains(at("::")));
    CHECK_FALSE(network("0.0.0.0/0").contains(at("2001:db8::1")));
    CHECK_FALSE(network("::/0").contains(at("10.0.0.1")));
    CHECK_FALSE(network("::/0").contains(at("::ffff:10.0.0.1")));
}

TEST_CASE("a zone does not change which network an address is in")
{
    CHECK(network("fe80::/10").contains(at("fe80::1%7")));
    CHECK(networks({"fe80::1"}).contains_client(at("fe80::1%7"), {}));
    CHECK(networks({"link-local"}).allows({at("fe80::1%7"), {}}));
}

TEST_CASE("a set finds an address by any of its networks")
{
    const auto set = networks({"10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "0.0.0.0/1"});
    for (const auto* inside : {"10.255.0.1", "192.0.2.7", "2001:db8:1::1", "127.0.0.1", "8.8.8.8"})
        CHECK_MESSAGE(set.allows({at(inside), {}}), inside);
    for (const auto* outside : {"192.0.2.8", "2001:db9::", "128.0.0.1"})
        CHECK_FALSE_MESSAGE(set.allows({at(outside), {}}), outside);
}

TEST_CASE("an empty set of networks holds no address")
{
    const NetworkSet empty;
    CHECK(empty.empty());
    CHECK_FALSE(empty.allows({at("8.8.8.8"), {}}));
    CHECK_FALSE(empty.denies({at("8.8.8.8"), {}}));
    CHECK_FALSE(empty.contains_client(at("8.8.8.8"), {}));
}

TEST_CASE("one set of networks takes in another, words and all")
{
    auto set = networks({"10.0.0.0/8"});
    set.add(networks({"loopback", "192.0.2.0/24", "10.0.0.0/8"}));
    CHECK(set.has(Word::loopback));
    CHECK_FALSE(set.has(Word::public_));
    CHECK(set.networks().size() == 2);
    CHECK(set.allows({at("192.0.2.1"), {}}));
    CHECK(set.allows({at("::1"), {}}));
    set.add(set);
    CHECK(set.networks().size() == 2);
}

TEST_CASE("a network built by hand is brought into shape when it is added")
{
    NetworkSet set;
    set.add(Network{at("10.1.2.3"), 8});
    set.add(Network{at("::ffff:192.0.2.9"), 120});
    CHECK(set.allows({at("10.200.0.1"), {}}));
    CHECK(set.allows({at("192.0.2.1"), {}}));
    CHECK(set.networks() == std::vector<Network>{network("10.0.0.0/8"), network("192.0.2.0/24")});
}

TEST_CASE("an allow reaches metadata by its word or as a bare address, never by a wider network")
{
    for (const auto* metadata :
         {"169.254.169.254", "169.254.170.2", "168.63.129.16", "100.100.100.200", "192.0.0.192",
          "fd00:ec2::254", "fd20:ce::254"}) {
        const auto address = at(metadata);
        CAPTURE(metadata);
        CHECK_FALSE(networks({"0.0.0.0/0", "::/0"}).allows({address, {}}));
        CHECK_FALSE(networks({"169.254.0.0/16", "fd00::/8", "168.63.129.16/31", "fd00:ec2::254/127",
                              "100.64.0.0/10", "192.0.0.0/24"})
                        .allows({address, {}}));
        CHECK_FALSE(networks({"public", "private", "link-local", "cgnat", "reserved", "self"})
                        .allows({address, {}}));
        CHECK(networks({"metadata"}).allows({address, {}}));
        CHECK(networks({metadata}).allows({address, {}}));
        CHECK(networks({"0.0.0.0/0", "::/0"}).denies({address, {}}));
    }
}

TEST_CASE("an allow reaches the gateway's own addresses by the word or as a bare address only")
{
    Surroundings around;
    around.own_addresses = {at("10.0.0.7"), at("2001:db8::7"), at("8.8.4.4")};
    for (const auto* own : {"10.0.0.7", "2001:db8::7", "8.8.4.4"}) {
        CAPTURE(own);
        CHECK_FALSE(networks({"0.0.0.0/0", "::/0", "public", "private", "reserved", "loopback"})
                        .allows({at(own), around}));
        CHECK(networks({"self"}).allows({at(own), around}));
        CHECK(networks({own}).allows({at(own), around}));
        CHECK(networks({"0.0.0.0/0", "::/0"}).denies({at(own), around}));
        CHECK(networks({"self"}).denies({at(own), around}));
    }
    CHECK(networks({"10.0.0.0/8"}).allows({at("10.0.0.8"), around}));
}

TEST_CASE("an allow judges a NAT64 destination as the IPv4 it carries")
{
    CHECK(networks({"10.0.0.0/8"}).allows({at("64:ff9b::a00:1"), {}}));
    CHECK(networks({"public"}).allows({at("64:ff9b::808:808"), {}}));
    CHECK_FALSE(networks({"public"}).allows({at("64:ff9b::a00:1"), {}}));
    CHECK_FALSE(networks({"64:ff9b::/96"}).allows({at("64:ff9b::808:808"), {}}));
    CHECK_FALSE(networks({"0.0.0.0/0"}).allows({at("64:ff9b::a9fe:a9fe"), {}}));
    CHECK(networks({"metadata"}).allows({at("64:ff9b::a9fe:a9fe"), {}}));
}

TEST_CASE("a deny sees a NAT64 destination as written and as the IPv4 it carries")
{
    CHECK(networks({"64:ff9b::/96"}).denies({at("64:ff9b::808:808"), {}}));
    CHECK(networks({"::/0"}).denies({at("64:ff9b::808:808"), {}}));
    CHECK(networks({"8.8.8.0/24"}).denies({at("64:ff9b::808:808"), {}}));
    CHECK(networks({"private"}).denies({at("64:ff9b::a00:1"), {}}));
    CHECK_FALSE(networks({"public"}).denies({at("64:ff9b::a00:1"), {}}));
}

TEST_CASE("a deny sees the IPv4 inside tunnelled forms, an allow does not")
{
    const auto inner = networks({"10.0.0.0/8"});
    for (const auto* address : {"2002:a00:1::1", "2001:0:c000:204::f5ff:fffe",
                                "2001:0:a00:1::3fff:fdfb", "::ffff:0:a00:1", "::10.0.0.1",
                                "64:ff9b:1::a00:1", "64:ff9b:1:a00:0:100::", "64:ff9b:1:a:0:1::"}) {
        CAPTURE(address);
        CHECK(inner.denies({at(address), {}}));
        CHECK(networks({"private"}).denies({at(address), {}}));
        CHECK_FALSE(inner.allows({at(address), {}}));
        CHECK_FALSE(networks({"private", "public"}).allows({at(address), {}}));
        CHECK(networks({"reserved"}).allows({at(address), {}}));
    }
}

TEST_CASE("a deny of a word sees what is hidden, the gateway's own address too")
{
    Surroundings around;
    around.own_addresses = {at("198.41.0.4")};
    CHECK(networks({"metadata"}).denies({at("2002:a9fe:a9fe::1"), around}));
    CHECK(networks({"loopback"}).denies({at("::127.0.0.1"), around}));
    CHECK(networks({"self"}).denies({at("2002:c629:4::1"), around}));
}

TEST_CASE("clients take words by the address itself")
{
    Surroundings around;
    around.own_addresses = {at("10.0.0.7")};
    CHECK(networks({"private"}).contains_client(at("::ffff:10.0.0.8"), around));
    CHECK(networks({"self"}).contains_client(at("10.0.0.7"), around));
    CHECK_FALSE(networks({"private"}).contains_client(at("64:ff9b::a00:8"), around));
    CHECK(networks({"loopback"}).contains_client(at("::1"), around));
}

TEST_CASE("a network of clients holds metadata and own addresses like any other")
{
    Surroundings around;
    around.own_addresses = {at("10.0.0.7")};
    CHECK(networks({"10.0.0.0/8"}).contains_client(at("10.0.0.7"), around));
    CHECK(networks({"0.0.0.0/0"}).contains_client(at("168.63.129.16"), around));
}

TEST_CASE("a set of twenty thousand networks answers like one that is asked network by network")
{
    NetworkSet set;
    std::vector<Network> all;
    for (std::uint32_t i = 0; i < 10'000; ++i) {
        const auto prefix = static_cast<std::uint8_t>(16 + i % 17);
        const auto four = boost::asio::ip::address_v4{0x0b000000 + i * 0x00013579};
        all.push_back({masked(four, prefix), prefix});
        boost::asio::ip::address_v6::bytes_type bytes{0x20, 0x01, 0x0d, 0xb8};
        bytes[4] = static_cast<unsigned char>(i >> 8);
        bytes[5] = static_cast<unsigned char>(i);
        const auto wide = static_cast<std::uint8_t>(40 + i % 80);
        all.push_back({masked(boost::asio::ip::address_v6{bytes}, wide), wide});
    }
    for (const auto& each : all)
        set.add(each);

    const auto began = std::chrono::steady_clock::now();
    int found = 0;
    for (std::uint32_t i = 0; i < 20'000; ++i) {
        const Address asked = boost::asio::ip::address_v4{0x0b000000 + i * 0x0000abcd};
        found += set.contains_client(asked, {}) ? 1 : 0;
    }
    const auto took = std::chrono::steady_clock::now() - began;
    CHECK(found > 0);
    // Unoptimised and instrumented builds take well under a second; asking each network takes many.
    CHECK(took < std::chrono::seconds{5});

    for (std::uint32_t i = 0; i < 200; ++i) {
        const Address asked = boost::asio::ip::address_v4{0x0b000000 + i * 0x0037abcd};
        const bool wanted =
            std::ranges::any_of(all, [&](const Network& one) { return one.contains(asked); });
        CHECK(set.contains_client(asked, {}) == wanted);
    }
}
