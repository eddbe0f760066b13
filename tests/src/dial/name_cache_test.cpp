#include "src/dial/name_cache.hpp"

#include <doctest/doctest.h>

namespace adit::dial {
namespace {

using namespace std::chrono_literals;

const NameCache::TimePoint start{1h};

NameAnswer addresses(std::chrono::seconds ttl)
{
    return {Found::addresses, {boost::asio::ip::make_address("192.0.2.1")}, ttl};
}

}  // namespace

TEST_CASE("an answer is believed for as long as its kind deserves")
{
    struct Example {
        NameAnswer answer;
        std::chrono::seconds life;
    };
    const Example examples[] = {
        {addresses(60s), 60s},
        {addresses(0s), 1s},
        {addresses(1s), 1s},
        {addresses(24h), 300s},
        {{Found::nothing, {}, {}}, 30s},
        {{Found::failed, {}, {}}, 5s},
        {{Found::silence, {}, {}}, 5s},
    };
    for (const auto& example : examples) {
        CAPTURE(example.life.count());
        NameCache cache;
        cache.store("db.corp", Family::ipv4, example.answer, start);
        const auto* kept = cache.find("db.corp", Family::ipv4, start + example.life - 1ms);
        REQUIRE(kept != nullptr);
        CHECK(*kept == example.answer);
        CHECK(cache.find("db.corp", Family::ipv4, start + example.life) == nullptr);
        CHECK(cache.size() == 0);
    }
}

TEST_CASE("a question that was never asked leaves nothing in the cache")
{
    NameCache cache;
    cache.store("db.corp", Family::ipv4, {Found::overloaded, {}, {}}, start);
    CHECK(cache.size() == 0);
}

TEST_CASE("the families of a name are cached apart")
{
    NameCache cache;
    cache.store("db.corp", Family::ipv4, addresses(60s), start);
    CHECK(cache.find("db.corp", Family::ipv6, start) == nullptr);
    cache.store("db.corp", Family::ipv6, {Found::nothing, {}, {}}, start);
    CHECK(cache.find("db.corp", Family::ipv4, start)->found == Found::addresses);
    CHECK(cache.find("db.corp", Family::ipv6, start)->found == Found::nothing);
}

TEST_CASE("a newer answer replaces the older one")
{
    NameCache cache;
    cache.store("db.corp", Family::ipv4, {Found::nothing, {}, {}}, start);
    cache.store("db.corp", Family::ipv4, addresses(60s), start + 1s);
    CHECK(cache.size() == 1);
    CHECK(cache.find("db.corp", Family::ipv4, start + 40s)->found == Found::addresses);
}

TEST_CASE("a full cache forgets what was asked for longest ago")
{
    NameCache cache{2};
    cache.store("a", Family::ipv4, addresses(60s), start);
    cache.store("b", Family::ipv4, addresses(60s), start);
    CHECK(cache.find("a", Family::ipv4, start) != nullptr);
    cache.store("c", Family::ipv4, addresses(60s), start);
    CHECK(cache.size() == 2);
    CHECK(cache.find("a", Family::ipv4, start) != nullptr);
    CHECK(cache.find("b", Family::ipv4, start) == nullptr);
    CHECK(cache.find("c", Family::ipv4, start) != nullptr);
}

TEST_CASE("a cleared cache knows nothing")
{
    NameCache cache;
    cache.store("a", Family::ipv4, addresses(60s), start);
    cache.clear();
    CHECK(cache.size() == 0);
    CHECK(cache.find("a", Family::ipv4, start) == nullptr);
}

}  // namespace adit::dial
