#include "src/login/guard.hpp"

#include <string>

#include <doctest/doctest.h>
#include <boost/asio/ip/address.hpp>

using namespace adit;
using namespace adit::login;
using namespace std::chrono_literals;

namespace {

Origin from(const char* address)
{
    return origin_of(boost::asio::ip::make_address(address));
}

// A guard with a clock that moves only when it is told to.
struct Watched {
    policy::LoginSettings settings;
    Guard guard;
    Guard::Time now{1h};

    Guard::Consequence fail(const char* client, std::string_view user)
    {
        return guard.failed(from(client), user, settings, now);
    }
    bool locked(const char* client, std::string_view user)
    {
        return guard.locked(from(client), user, now);
    }
    void fail_until_locked(const char* client, std::string_view user)
    {
        for (unsigned i = 0; i < settings.failures; ++i)
            fail(client, user);
    }
};

}  // namespace

TEST_CASE("the fifth failure locks the user out for a minute, from that client")
{
    Watched watched;
    for (int i = 0; i < 4; ++i) {
        CHECK_FALSE(watched.fail("192.0.2.7", "alice").locked_for);
        CHECK_FALSE(watched.locked("192.0.2.7", "alice"));
        watched.now += 5s;
    }
    CHECK(watched.fail("192.0.2.7", "alice").locked_for == 1min);
    CHECK(watched.locked("192.0.2.7", "alice"));
    CHECK_FALSE(watched.locked("192.0.2.7", "bob"));
    CHECK_FALSE(watched.locked("192.0.2.8", "alice"));
    watched.now += 59'999ms;
    CHECK(watched.locked("192.0.2.7", "alice"));
    watched.now += 1ms;
    CHECK_FALSE(watched.locked("192.0.2.7", "alice"));
}

TEST_CASE("after a lock-out one failure is enough for the next, which lasts twice as long")
{
    Watched watched;
    watched.fail_until_locked("192.0.2.7", "alice");
    std::chrono::milliseconds before = 1min;
    for (int i = 0; i < 5; ++i) {
        watched.now += before;
        const auto lockout = watched.fail("192.0.2.7", "alice").locked_for;
        REQUIRE(lockout);
        CHECK(*lockout == before * 2);
        before = *lockout;
    }
    watched.now += before;
    CHECK(watched.fail("192.0.2.7", "alice").locked_for == 1h);  // and never longer
}

TEST_CASE("failures are forgiven one after the other, and all of them after a quiet while")
{
    Watched watched;
    for (int i = 0; i < 4; ++i)
        watched.fail("192.0.2.7", "alice");
    watched.now += watched.settings.forget / watched.settings.failures;
    CHECK_FALSE(watched.fail("192.0.2.7", "alice").locked_for);
    CHECK(watched.fail("192.0.2.7", "alice").locked_for == 1min);
    watched.now += watched.settings.forget;
    for (int i = 0; i < 4; ++i)
        CHECK_FALSE(watched.fail("192.0.2.7", "alice").locked_for);
    CHECK(watched.fail("192.0.2.7", "alice").locked_for == 1min);
}

TEST_CASE("each failure is answered later than the one before, up to four seconds")
{
    Watched watched;
    watched.settings.failures = 10;
    for (const auto hold : {250ms, 500ms, 1000ms, 2000ms, 4000ms, 4000ms})
        CHECK(watched.fail("192.0.2.7", "alice").hold == hold);
    watched.settings.delay = 0ms;
    CHECK(watched.fail("192.0.2.7", "alice").hold == 0ms);
}

TEST_CASE("a right password forgives the user, not the client")
{
    Watched watched;
    watched.settings.client_failures = 6;
    for (int i = 0; i < 4; ++i)
        watched.fail("192.0.2.7", "alice");
    watched.guard.succeeded(from("192.0.2.7"), "alice");
    CHECK_FALSE(watched.fail("192.0.2.7", "alice").locked_for);
    CHECK(watched.fail("192.0.2.7", "bob").locked_for == 1min);
    CHECK(watched.locked("192.0.2.7", "carol"));
}

TEST_CASE("a client that fails with ever new names is locked out as a whole at the higher bound")
{
    Watched watched;
    for (int i = 0; i < 49; ++i)
        CHECK_FALSE(watched.fail("192.0.2.7", "user " + std::to_string(i)).locked_for);
    CHECK_FALSE(watched.locked("192.0.2.7", "alice"));
    CHECK(watched.fail("192.0.2.7", "one more").locked_for == 1min);
    CHECK(watched.locked("192.0.2.7", "alice"));
    CHECK_FALSE(watched.locked("192.0.2.8", "alice"));
}

TEST_CASE("all addresses of an IPv6 /64 are one client, and a mapped IPv4 address is itself")
{
    Watched watched;
    watched.fail_until_locked("2001:db8:1:2::1", "alice");
    CHECK(watched.locked("2001:db8:1:2:ffff::9", "alice"));
    CHECK_FALSE(watched.locked("2001:db8:1:3::1", "alice"));
    CHECK(from("::ffff:192.0.2.7") == from("192.0.2.7"));
    CHECK(from("2001:db8:1:2::1").text == "2001:db8:1:2::/64");
    CHECK(from("192.0.2.7").text == "192.0.2.7");
}

TEST_CASE("behind a unix socket each user of this machine is a client")
{
    CHECK(origin_of_local(1000).text == "uid 1000");
    CHECK_FALSE(origin_of_local(1000) == origin_of_local(1001));
    CHECK_FALSE(origin_of_local(1000) == origin_of_local(std::nullopt));
}

TEST_CASE("a flood of names and clients does not grow it without a bound")
{
    const policy::LoginSettings settings;
    Guard guard{256};
    Guard::Time now{1h};
    for (int i = 0; i < 5000; ++i)
        guard.failed(from("192.0.2.7"), std::to_string(i), settings, now);
    CHECK(guard.remembered() <= 256);
    // The client itself fails all the time, so it is not what is forgotten.
    CHECK(guard.locked(from("192.0.2.7"), "alice", now));
}

TEST_CASE("failures, lock-outs and what was refused meanwhile are counted")
{
    Watched watched;
    watched.fail_until_locked("192.0.2.7", "alice");
    watched.locked("192.0.2.7", "alice");
    watched.locked("192.0.2.7", "alice");
    watched.locked("192.0.2.7", "bob");
    const auto counts = watched.guard.counts();
    CHECK(counts.failed == 5);
    CHECK(counts.lockouts == 1);
    CHECK(counts.locked == 2);
}

TEST_CASE("names and clients do not run into one another")
{
    Watched watched;
    watched.fail_until_locked("192.0.2.1", "0");
    CHECK_FALSE(watched.locked("192.0.2.10", ""));
    CHECK_FALSE(watched.locked("192.0.2.1", ""));
}
