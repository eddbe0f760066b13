#include "src/login/lockout_news.hpp"

#include <doctest/doctest.h>
#include <boost/asio/ip/address.hpp>

using namespace adit::login;
using namespace std::chrono_literals;

TEST_CASE("an attack does not fill the log: one line in ten seconds counts what was not told")
{
    LockoutNews news;
    LockoutNews::Time now{1h};
    const auto client = origin_of(boost::asio::ip::make_address("192.0.2.7"));
    CHECK(news.tell(client, 60s, now) ==
          "too many failed logins from 192.0.2.7: locked out for 60 s");
    CHECK_FALSE(news.tell(client, 60s, now + 1s));
    CHECK_FALSE(news.tell(client, 60s, now + 9s));
    CHECK(news.tell(client, 120s, now + 10s) ==
          "too many failed logins from 192.0.2.7: locked out for 120 s (and 2 lock-outs before)");
}
