#include "src/gateway/own_addresses.hpp"

#include <doctest/doctest.h>

using namespace adit;
using gateway::OwnAddresses;
using protocols::Address;

namespace {

using Read = Result<std::vector<Address>, std::string>;

Read these(std::initializer_list<const char*> texts)
{
    std::vector<Address> addresses;
    for (const auto* text : texts)
        addresses.push_back(boost::asio::ip::make_address(text));
    return {boost::system::in_place_value, std::move(addresses)};
}

}  // namespace

TEST_CASE("own addresses that cannot be read are those that were known, not none")
{
    Read told = these({"192.0.2.1"});
    OwnAddresses own{[&] { return told; }};
    CHECK_FALSE(own.are_current());
    CHECK(*own.look());
    CHECK(own.are_current());
    CHECK_FALSE(*own.look());

    told = Read{boost::system::in_place_error, "too many open files"};
    const auto refused = own.look();
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error() == "too many open files");
    CHECK_FALSE(own.are_current());
    CHECK(own.last() == *these({"192.0.2.1"}));

    told = these({"192.0.2.1"});
    CHECK_FALSE(*own.look());
    CHECK(own.are_current());
}

TEST_CASE("a machine that has lost its last address has none")
{
    Read told = these({"192.0.2.1"});
    OwnAddresses own{[&] { return told; }};
    REQUIRE(*own.look());
    told = these({});
    CHECK(*own.look());
    CHECK(own.last().empty());
}
