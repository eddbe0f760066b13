#include "src/login/verified.hpp"

#include <string>

#include <doctest/doctest.h>
#include <boost/asio/ip/address.hpp>

using namespace adit;
using namespace adit::login;
using namespace std::chrono_literals;

namespace {

Digest digest(const Verified& verified, const char* client, const char* user, const char* password,
              const char* hash = "$y$")
{
    return verified.digest_of(origin_of(boost::asio::ip::make_address(client)),
                              {user, protocols::Secret{password}}, hash);
}

}  // namespace

TEST_CASE("what is used goes on being trusted, what is left alone for ten minutes is not")
{
    Verified verified;
    Verified::Time now{1h};
    const auto alice = digest(verified, "192.0.2.7", "alice", "secret");
    CHECK_FALSE(verified.holds(alice, now));
    verified.add(alice, now);
    for (int i = 0; i < 5; ++i) {
        now += 9min;
        CHECK(verified.holds(alice, now));
    }
    now += 10min;
    CHECK_FALSE(verified.holds(alice, now));
    CHECK_FALSE(verified.holds(alice, now - 5min));
}

TEST_CASE("trust holds for one client, one user, one password and one stored hash")
{
    Verified verified;
    const auto alice = digest(verified, "192.0.2.7", "alice", "secret");
    CHECK(alice == digest(verified, "192.0.2.7", "alice", "secret"));
    CHECK(alice != digest(verified, "192.0.2.8", "alice", "secret"));
    CHECK(alice != digest(verified, "192.0.2.7", "alic", "esecret"));
    CHECK(alice != digest(verified, "192.0.2.7", "alice", "secreT"));
    CHECK(alice != digest(verified, "192.0.2.7", "alice", "secret", "$6$"));
    CHECK(alice != digest(Verified{}, "192.0.2.7", "alice", "secret"));
}

TEST_CASE("the memory of what was verified is bounded")
{
    Verified verified{32};
    const Verified::Time now{1h};
    std::size_t held = 0;
    for (int i = 0; i < 500; ++i)
        verified.add(digest(verified, "192.0.2.7", "alice", std::to_string(i).c_str()), now);
    for (int i = 0; i < 500; ++i)
        if (verified.holds(digest(verified, "192.0.2.7", "alice", std::to_string(i).c_str()), now))
            ++held;
    CHECK(held > 0);
    CHECK(held <= 32);
}
