#include "src/relay/pipe_pool.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

using adit::relay::Pipe;
using adit::relay::PipePool;

TEST_CASE("a pool opens as many pipes as it may, and then has none to give")
{
    PipePool pool{2};
    auto first = pool.take();
    auto second = pool.take();
    REQUIRE(first.has_value());
    REQUIRE(second.has_value());
    CHECK(first->read_end() != second->read_end());
    CHECK(first->capacity() >= 4096);
    CHECK_FALSE(pool.take().has_value());
}

TEST_CASE("a pipe that was given back is used again")
{
    PipePool pool{1};
    auto pipe = pool.take();
    REQUIRE(pipe.has_value());
    const int descriptor = pipe->read_end();
    pool.give_back(std::move(*pipe));
    pipe.reset();
    CHECK(pool.idle() == 1);
    pipe = pool.take();
    REQUIRE(pipe.has_value());
    CHECK(pipe->read_end() == descriptor);
}

TEST_CASE("a pipe that was lost makes room for a new one")
{
    PipePool pool{1};
    auto pipe = pool.take();
    REQUIRE(pipe.has_value());
    const int descriptor = pipe->read_end();
    pipe.reset();
    pool.lose();
    CHECK(::fcntl(descriptor, F_GETFD) == -1);
    CHECK(pool.take().has_value());
}
