#include "src/udp/destinations.hpp"

#include <doctest/doctest.h>

namespace {

using namespace adit;
using udp::Destinations;

protocols::Target target(const std::string& authority)
{
    const auto parsed = protocols::parse_authority(authority);
    REQUIRE(parsed.has_value());
    return *parsed;
}

protocols::Endpoint endpoint(const char* address, std::uint16_t port)
{
    return {boost::asio::ip::make_address(address), port};
}

TEST_CASE("a destination is the same one each time the client writes to it")
{
    Destinations all;
    auto& dns = all.at(target("dns.example:53"));
    CHECK(&all.at(target("dns.example:53")) == &dns);
    CHECK(&all.at(target("dns.example:54")) != &dns);
    auto& literal = all.at(target("10.0.0.1:53"));
    CHECK(&all.at(target("10.0.0.1:53")) == &literal);
    CHECK(&literal != &dns);
}

TEST_CASE("answers belong to whom the client wrote to from there, and to nobody once it is refused")
{
    Destinations all;
    CHECK(all.answering(endpoint("10.0.0.1", 53)) == nullptr);
    auto& dns = all.at(target("dns.example:53"));
    all.answers_from(dns, endpoint("10.0.0.1", 53));
    CHECK(all.answering(endpoint("10.0.0.1", 53)) == &dns);
    CHECK(all.answering(endpoint("10.0.0.1", 54)) == nullptr);

    all.answers_from(dns, endpoint("10.0.0.2", 53));
    CHECK(all.answering(endpoint("10.0.0.1", 53)) == nullptr);
    CHECK(all.answering(endpoint("10.0.0.2", 53)) == &dns);

    all.answers_no_more(dns);
    CHECK(all.answering(endpoint("10.0.0.2", 53)) == nullptr);
}

TEST_CASE("two names for one address do not take the answers from each other by leaving")
{
    Destinations all;
    auto& one = all.at(target("one.example:53"));
    all.answers_from(one, endpoint("10.0.0.1", 53));
    auto& other = all.at(target("other.example:53"));
    all.answers_from(other, endpoint("10.0.0.1", 53));
    all.answers_no_more(one);
    CHECK(all.answering(endpoint("10.0.0.1", 53)) == &other);
}

TEST_CASE("the destination that has rested longest makes room, and its counts are kept")
{
    Destinations all;
    std::size_t left = 0;
    all.on_leaving = [&](udp::Destination&) { ++left; };
    auto& first = all.at(target("10.0.0.1:1"));
    first.facts.counts = {1, 2, 30, 40};
    all.answers_from(first, endpoint("10.0.0.1", 1));
    for (unsigned port = 2; port <= Destinations::most; ++port)
        all.at(target("10.0.0.1:" + std::to_string(port))).facts.counts.sent = 1;
    CHECK(left == 0);
    all.at(target("10.0.0.1:9999"));
    CHECK(left == 1);
    CHECK(all.answering(endpoint("10.0.0.1", 1)) == nullptr);

    observe::UdpTraffic traffic;
    all.tell(traffic);
    REQUIRE(traffic.destinations.size() == Destinations::most_told);
    CHECK(traffic.destinations.front().target == target("10.0.0.1:9999"));
    CHECK(traffic.other_destinations == Destinations::most + 1 - Destinations::most_told);
    CHECK(traffic.others.down == 40);
    auto sent = traffic.others.sent;
    for (const auto& one : traffic.destinations)
        sent += one.counts.sent;
    CHECK(sent == Destinations::most);
}

}  // namespace
