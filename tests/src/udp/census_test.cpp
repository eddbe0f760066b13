#include "src/udp/census.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace {

using adit::udp::Census;

boost::asio::ip::address address(const char* text)
{
    return boost::asio::ip::make_address(text);
}

TEST_CASE("a client gets so many UDP associations and no more, and a place given back is free")
{
    Census census;
    std::vector<Census::Place> places;
    for (std::size_t i = 0; i < Census::most_of_one_client; ++i) {
        auto place = census.admit(address("10.0.0.1"));
        REQUIRE(place);
        places.push_back(std::move(*place));
    }
    CHECK_FALSE(census.admit(address("10.0.0.1")));
    CHECK(census.admit(address("10.0.0.2")));
    places.pop_back();
    CHECK(census.admit(address("10.0.0.1")));
}

TEST_CASE("whoever has an IPv6 /64 is one client")
{
    Census census;
    std::vector<Census::Place> places;
    for (std::size_t i = 0; i < Census::most_of_one_client; ++i) {
        auto place = census.admit(address(("2001:db8:1:2::" + std::to_string(i)).c_str()));
        REQUIRE(place);
        places.push_back(std::move(*place));
    }
    CHECK_FALSE(census.admit(address("2001:db8:1:2:ffff::1")));
    CHECK(census.admit(address("2001:db8:1:3::1")));
}

TEST_CASE("all clients together get so many UDP associations and no more")
{
    Census census;
    std::vector<Census::Place> places;
    for (unsigned i = 0; i < Census::most; ++i) {
        auto place = census.admit(boost::asio::ip::address_v4{0x0a000000U + i});
        REQUIRE(place);
        places.push_back(std::move(*place));
    }
    CHECK_FALSE(census.admit(address("192.0.2.1")));
    places.clear();
    CHECK(census.admit(address("192.0.2.1")));
}

}  // namespace
