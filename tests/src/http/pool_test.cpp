#include "src/http/pool.hpp"

#include <doctest/doctest.h>

#include "tests/support/tcp_pair.hpp"

using namespace adit;
using http::Pool;
using http::PoolKey;
using http::Upstream;

namespace {

protocols::Target target(std::uint16_t port)
{
    return {boost::asio::ip::make_address("127.0.0.1"), port};
}

// Both ends of a connection to a destination.
struct Connection {
    explicit Connection(asio::io_context& loop) : Connection{tests::connect_pair(loop)} {}
    explicit Connection(tests::TcpPair pair)
        : ours{std::make_unique<Upstream>(dial::Dialled{std::move(pair.ours), {}, {}, {}})},
          theirs{std::move(pair.theirs)}
    {
    }
    std::unique_ptr<Upstream> ours;
    tests::FarEnd theirs;
};

}  // namespace

TEST_CASE("a connection is used again for the same target, user and policy alone")
{
    asio::io_context loop;
    Pool pool{loop};
    const auto policy = std::make_shared<int>(1);
    const auto newer = std::make_shared<int>(1);
    Connection connection{loop};
    const auto* ours = connection.ours.get();
    pool.give({target(80), "alice", policy}, std::move(connection.ours));
    CHECK(pool.take({target(81), "alice", policy}) == nullptr);
    CHECK(pool.take({target(80), "bob", policy}) == nullptr);
    CHECK(pool.take({target(80), "", policy}) == nullptr);
    CHECK(pool.take({target(80), "alice", newer}) == nullptr);
    CHECK(pool.take({target(80), "alice", policy}).get() == ours);
    CHECK(pool.take({target(80), "alice", policy}) == nullptr);
}

TEST_CASE("a connection that was closed, or on which something came unasked, is not used again")
{
    asio::io_context loop;
    Pool pool{loop};
    const PoolKey key{target(80), "", {}};
    Connection closed{loop};
    Connection talking{loop};
    closed.theirs.say_fin();
    CHECK(talking.theirs.send("HTTP/1.1 200 OK\r\n"));
    loop.poll();
    pool.give(key, std::move(closed.ours));
    pool.give(key, std::move(talking.ours));
    CHECK(pool.take(key) == nullptr);
    CHECK(pool.size() == 0);
}

TEST_CASE("the pool is bounded for each target and as a whole; the oldest connection goes")
{
    asio::io_context loop;
    Pool pool{loop};
    std::vector<Connection> connections;
    for (std::size_t i = 0; i < Pool::most_of_one_key + 1; ++i) {
        connections.emplace_back(loop);
        pool.give({target(80), "", {}}, std::move(connections.back().ours));
    }
    CHECK(pool.size() == Pool::most_of_one_key);
    CHECK(connections.front().theirs.receives_fin());
    for (std::uint16_t port = 1; port <= Pool::most; ++port) {
        connections.emplace_back(loop);
        pool.give({target(port), "", {}}, std::move(connections.back().ours));
    }
    CHECK(pool.size() == Pool::most);
}
