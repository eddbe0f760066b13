#include "src/dial/eyeballs.hpp"

#include <string>

#include <doctest/doctest.h>

namespace adit::dial {
namespace {

using namespace std::chrono_literals;

const Eyeballs::TimePoint start{1h};

std::vector<Address> list(std::initializer_list<const char*> texts)
{
    std::vector<Address> addresses;
    for (const auto* text : texts)
        addresses.push_back(boost::asio::ip::make_address(text));
    return addresses;
}

// "dial 192.0.2.1", "wait", "wait 50" (milliseconds after `start`), "exhausted".
std::string next(Eyeballs& eyeballs, std::chrono::milliseconds after)
{
    const auto what = eyeballs.next(start + after);
    if (const auto* dial = std::get_if<Eyeballs::Dial>(&what))
        return "dial " + dial->address.to_string();
    if (const auto* wait = std::get_if<Eyeballs::Wait>(&what)) {
        if (!wait->until)
            return "wait";
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(*wait->until - start);
        return "wait " + std::to_string(left.count());
    }
    return "exhausted";
}

}  // namespace

TEST_CASE("IPv6 that answers first is dialled at once")
{
    Eyeballs eyeballs;
    CHECK(next(eyeballs, 0ms) == "wait");
    eyeballs.answered(Family::ipv6, list({"2001:db8::1"}), start + 10ms);
    CHECK(next(eyeballs, 10ms) == "dial 2001:db8::1");
    CHECK(next(eyeballs, 10ms) == "wait");
}

TEST_CASE("IPv4 that answers first waits 50 ms for IPv6, and no longer")
{
    Eyeballs eyeballs;
    eyeballs.answered(Family::ipv4, list({"192.0.2.1"}), start + 10ms);
    CHECK(next(eyeballs, 10ms) == "wait 60");

    SUBCASE("IPv6 keeps silent")
    {
        CHECK(next(eyeballs, 60ms) == "dial 192.0.2.1");
        CHECK(next(eyeballs, 60ms) == "wait");
    }
    SUBCASE("IPv6 comes in time and goes first")
    {
        eyeballs.answered(Family::ipv6, list({"2001:db8::1"}), start + 30ms);
        CHECK(next(eyeballs, 30ms) == "dial 2001:db8::1");
        CHECK(next(eyeballs, 30ms) == "wait 280");
        CHECK(next(eyeballs, 280ms) == "dial 192.0.2.1");
    }
    SUBCASE("IPv6 says that it has nothing")
    {
        eyeballs.answered(Family::ipv6, {}, start + 30ms);
        CHECK(next(eyeballs, 30ms) == "dial 192.0.2.1");
    }
    SUBCASE("IPv6 comes late and is next")
    {
        CHECK(next(eyeballs, 60ms) == "dial 192.0.2.1");
        eyeballs.answered(Family::ipv6, list({"2001:db8::1"}), start + 90ms);
        CHECK(next(eyeballs, 90ms) == "wait 310");
        CHECK(next(eyeballs, 310ms) == "dial 2001:db8::1");
    }
}

TEST_CASE("the families take turns, 250 ms apart")
{
    Eyeballs eyeballs;
    eyeballs.answered(Family::ipv4, list({"192.0.2.1", "192.0.2.2", "192.0.2.3"}), start);
    eyeballs.answered(Family::ipv6, list({"2001:db8::1", "2001:db8::2"}), start);
    CHECK(next(eyeballs, 0ms) == "dial 2001:db8::1");
    CHECK(next(eyeballs, 249ms) == "wait 250");
    CHECK(next(eyeballs, 250ms) == "dial 192.0.2.1");
    CHECK(next(eyeballs, 500ms) == "dial 2001:db8::2");
    CHECK(next(eyeballs, 750ms) == "dial 192.0.2.2");
    CHECK(next(eyeballs, 1000ms) == "dial 192.0.2.3");
    CHECK(next(eyeballs, 1250ms) == "wait");
}

TEST_CASE("a failure makes the next attempt begin at once")
{
    Eyeballs eyeballs;
    eyeballs.answered(Family::ipv6, {}, start);
    eyeballs.answered(Family::ipv4, list({"192.0.2.1", "192.0.2.2"}), start);
    CHECK(next(eyeballs, 0ms) == "dial 192.0.2.1");
    CHECK(next(eyeballs, 5ms) == "wait 250");
    eyeballs.failed();
    CHECK(next(eyeballs, 5ms) == "dial 192.0.2.2");
    CHECK(next(eyeballs, 5ms) == "wait");
    eyeballs.failed();
    CHECK(next(eyeballs, 5ms) == "exhausted");
}

TEST_CASE("a family that has not answered yet may still save the dial")
{
    Eyeballs eyeballs;
    eyeballs.answered(Family::ipv4, list({"192.0.2.1"}), start);
    CHECK(next(eyeballs, 50ms) == "dial 192.0.2.1");
    eyeballs.failed();
    CHECK(next(eyeballs, 60ms) == "wait");
    eyeballs.answered(Family::ipv6, list({"2001:db8::1"}), start + 90ms);
    CHECK(next(eyeballs, 90ms) == "dial 2001:db8::1");
    eyeballs.failed();
    CHECK(next(eyeballs, 91ms) == "exhausted");
}

TEST_CASE("nothing to dial is known only when both families have said so")
{
    Eyeballs eyeballs;
    eyeballs.answered(Family::ipv4, {}, start);
    CHECK(next(eyeballs, 1000ms) == "wait");
    eyeballs.answered(Family::ipv6, {}, start + 2s);
    CHECK(next(eyeballs, 2000ms) == "exhausted");
}

}  // namespace adit::dial
