// What the gateway knows about itself and its network: NAT64 prefixes, own addresses, own listeners.
#include <doctest/doctest.h>

#include "tests/policy/judging.hpp"

using namespace adit::policy;
using namespace adit::policy::testing;

namespace {

Surroundings behind_nat64(std::initializer_list<std::string_view> prefixes)
{
    Surroundings around;
    for (const auto prefix : prefixes)
        around.nat64.push_back(network(prefix));
    return around;
}

std::vector<std::string> hidden(const std::string& address, const Surroundings& around = {})
{
    std::vector<std::string> found;
    for (const auto& inside : hidden_ipv4(at(address), around))
        found.push_back(inside.to_string());
    return found;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a configured NAT64 prefix of every length is seen through")
{
    // The examples of RFC 6052 §2.4, with 10.0.2.33 in place of its documentation address.
    const std::vector<std::pair<const char*, const char*>> rows{
        {"2001:db8::/32", "2001:db8:a00:221::"},
        {"2001:db8:100::/40", "2001:db8:10a:2:21::"},
        {"2001:db8:122::/48", "2001:db8:122:a00:2:2100::"},
        {"2001:db8:122:300::/56", "2001:db8:122:30a:0:221::"},
        {"2001:db8:122:344::/64", "2001:db8:122:344:a:2:2100::"},
        {"2001:db8:122:344::/96", "2001:db8:122:344::10.0.2.33"},
        {"64:ff9b:1::/96", "64:ff9b:1::a00:221"},
        {"fd00:64::/96", "fd00:64::a00:221"},
    };
    for (const auto& [prefix, address] : rows) {
        CAPTURE(prefix);
        const auto around = behind_nat64({prefix});
        CHECK(judged_form(at(address), around) == at("10.0.2.33"));
        CHECK(classify(at(address), around) == Word::private_);
        CHECK(hidden(address, around) == Texts{"10.0.2.33"});
        CHECK(networks({"10.0.2.33"}).allows({at(address), around}));
        CHECK(networks({prefix}).denies({at(address), around}));
        CHECK_FALSE(networks({prefix}).allows({at(address), around}));
    }
}

TEST_CASE("of two NAT64 prefixes that overlap the longer one counts")
{
    const auto around = behind_nat64({"2001:db8::/32", "2001:db8:122:344::/96"});
    CHECK(judged_form(at("2001:db8:122:344::8.8.8.8"), around) == at("8.8.8.8"));
    const auto turned = behind_nat64({"2001:db8:122:344::/96", "2001:db8::/32"});
    CHECK(judged_form(at("2001:db8:122:344::8.8.8.8"), turned) == at("8.8.8.8"));
}

TEST_CASE("a NAT64 prefix leaves its neighbours alone")
{
    const auto around = behind_nat64({"fd00:64::/96"});
    CHECK(judged_form(at("fd00:64::1:a00:1"), around) == at("fd00:64::1:a00:1"));
    CHECK(judged_form(at("64:ff9b::1:a00:1"), around) == at("64:ff9b::1:a00:1"));
    CHECK(classify(at("64:ff9b::1:808:808"), around) == Word::reserved);
    CHECK(judged_form(at("64:ff9b::808:808"), around) == at("8.8.8.8"));
}

TEST_CASE("a wildcard listener stands for every own address, and for loopback")
{
    Surroundings around;
    around.own_addresses = {at("10.0.0.7"), at("2001:db8::7")};
    for (const auto* wildcard : {"0.0.0.0", "::"}) {
        around.listeners = {{at(wildcard), 1080}};
        for (const auto* own :
             {"127.0.0.1", "127.9.9.9", "::1", "10.0.0.7", "2001:db8::7", "::ffff:127.0.0.1",
              "::ffff:10.0.0.7", "64:ff9b::7f00:1", "64:ff9b::a00:7"}) {
            CHECK_MESSAGE(around.is_own_listener({at(own), 1080}), own);
            CHECK_FALSE_MESSAGE(around.is_own_listener({at(own), 1081}), own);
        }
        CHECK_FALSE(around.is_own_listener({at("10.0.0.8"), 1080}));
        CHECK_FALSE(around.is_own_listener({at("8.8.8.8"), 1080}));
    }
}

TEST_CASE("a listener on one address stands for that address alone")
{
    Surroundings around;
    around.own_addresses = {at("10.0.0.7")};
    around.listeners = {{at("127.0.0.1"), 1080}, {at("::ffff:10.0.0.7"), 3128}};
    CHECK(around.is_own_listener({at("127.0.0.1"), 1080}));
    CHECK(around.is_own_listener({at("::ffff:127.0.0.1"), 1080}));
    CHECK(around.is_own_listener({at("10.0.0.7"), 3128}));
    CHECK(around.is_own_listener({at("64:ff9b::7f00:1"), 1080}));
    CHECK(around.is_own_listener({at("64:ff9b::a00:7"), 3128}));
    CHECK_FALSE(around.is_own_listener({at("127.0.0.2"), 1080}));
    CHECK_FALSE(around.is_own_listener({at("10.0.0.7"), 1080}));
}

TEST_CASE("the unspecified address and broadcast are never a destination")
{
    for (const auto* never :
         {"0.0.0.0", "::", "255.255.255.255", "::ffff:0.0.0.0", "::ffff:255.255.255.255"})
        CHECK_MESSAGE(is_never_a_destination(at(never)), never);
    for (const auto* other : {"0.0.0.1", "::1", "255.255.255.254", "8.8.8.8"})
        CHECK_FALSE_MESSAGE(is_never_a_destination(at(other)), other);
}

TEST_CASE("a metadata address stays one, even when the gateway lists it as its own")
{
    Surroundings around;
    around.own_addresses = {at("169.254.169.254"), at("fd00:ec2::254")};
    for (const auto* address : {"169.254.169.254", "fd00:ec2::254", "64:ff9b::a9fe:a9fe"}) {
        CHECK(classify(at(address), around) == Word::metadata);
        CHECK(Destination{at(address), around}.word == Word::metadata);
    }
}

TEST_CASE("an own address that looks like NAT64 is the gateway itself, as written")
{
    Surroundings around;
    around.own_addresses = {at("64:ff9b::808:808")};
    around.listeners = {{at("64:ff9b::808:808"), 1080}};
    CHECK(classify(at("64:ff9b::808:808"), around) == Word::self);
    CHECK(Destination{at("64:ff9b::808:808"), around}.word == Word::self);
    CHECK_FALSE(networks({"public"}).allows({at("64:ff9b::808:808"), around}));
    CHECK(around.is_own_listener({at("64:ff9b::808:808"), 1080}));
    CHECK_FALSE(around.is_own_listener({at("8.8.8.8"), 1080}));
}

TEST_CASE("an own address with a zone is the same without it")
{
    Surroundings around;
    around.own_addresses = {at("fe80::1%2")};
    CHECK(classify(at("fe80::1"), around) == Word::self);
    CHECK(classify(at("fe80::1%3"), around) == Word::self);
    CHECK(classify(at("fe80::2"), around) == Word::link_local);
}
