#include "src/gateway/deadline.hpp"

#include <memory>
#include <string>

#include <doctest/doctest.h>

using namespace adit;
using namespace std::chrono_literals;
using gateway::Deadline;
using gateway::Deadlines;

TEST_CASE("deadlines pass in the order of their times, not of their making")
{
    asio::io_context loop;
    Deadlines all{loop};
    std::string passed;
    Deadline late{all, [&] { passed += "late "; }};
    Deadline early{all, [&] { passed += "early "; }};
    late.expires_after(30ms);
    early.expires_after(10ms);
    loop.run_for(10s);
    CHECK(passed == "early late ");
}

TEST_CASE("a deadline that was lifted, moved away or destroyed does not pass")
{
    asio::io_context loop;
    Deadlines all{loop};
    std::string passed;
    Deadline lifted{all, [&] { passed += "lifted "; }};
    Deadline moved{all, [&] { passed += "moved "; }};
    auto destroyed = std::make_unique<Deadline>(all, [&] { passed += "destroyed "; });
    Deadline last{all, [&] { passed += "last "; }};
    for (auto* one : {&lifted, &moved, destroyed.get()})
        one->expires_after(1ms);
    last.expires_after(20ms);
    lifted.lift();
    moved.expires_after(1h);
    destroyed.reset();
    loop.run_for(100ms);
    CHECK(passed == "last ");
}

TEST_CASE("a deadline may set itself again and lift others when it passes")
{
    asio::io_context loop;
    Deadlines all{loop};
    int times = 0;
    std::unique_ptr<Deadline> again;
    auto neighbour = std::make_unique<Deadline>(all, [] { FAIL("was destroyed in time"); });
    again = std::make_unique<Deadline>(all, [&] {
        neighbour.reset();
        if (++times < 3)
            again->expires_after(1ms);
    });
    again->expires_after(1ms);
    neighbour->expires_after(1ms);
    loop.run_for(10s);
    CHECK(times == 3);
}
