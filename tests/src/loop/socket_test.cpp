#include "src/loop/socket.hpp"

#include <optional>
#include <string>

#include <fcntl.h>
#include <sys/socket.h>

#include <doctest/doctest.h>
#include <boost/asio/executor_work_guard.hpp>

#include "tests/support/tcp_pair.hpp"

using adit::Socket;
namespace asio = boost::asio;

namespace {

struct Bell {
    int rung = 0;
    Socket::Ready ready()
    {
        return {[](void* self, bool) { ++static_cast<Bell*>(self)->rung; }, this};
    }
};

std::string read_all(Socket& socket)
{
    std::string bytes(256, '\0');
    const auto count = ::recv(socket.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return bytes;
}

// Until there is no room left. Gives how much that took.
std::size_t fill(Socket& socket)
{
    const std::string block(64 << 10, 'x');
    std::size_t sent = 0;
    for (;;) {
        const auto count = ::send(socket.native_handle(), block.data(), block.size(), MSG_DONTWAIT);
        if (count < 0)
            return sent;
        sent += static_cast<std::size_t>(count);
    }
}

}  // namespace

TEST_CASE("a wait is answered once for what comes after it, and can begin again")
{
    asio::io_context loop{1};
    const auto stay = asio::make_work_guard(loop);
    auto [ours, theirs] = adit::tests::connect_pair(loop);
    Bell bell;
    for (const std::string word : {"one", "two", "three"}) {
        REQUIRE(read_all(ours).empty());
        ours.when_readable(bell.ready());
        CHECK(loop.poll() == 0);
        REQUIRE(theirs.send(word));
        CHECK(loop.run_one() == 1);
        CHECK(read_all(ours) == word);
    }
    CHECK(bell.rung == 3);
}

TEST_CASE("a FIN and a reset answer a wait")
{
    asio::io_context loop{1};
    const auto stay = asio::make_work_guard(loop);
    auto [ours, theirs] = adit::tests::connect_pair(loop);
    Bell bell;
    ours.when_readable(bell.ready());
    theirs.say_fin();
    loop.run_one();
    CHECK(bell.rung == 1);
    ours.when_readable(bell.ready());
    theirs.reset();
    loop.run_one();
    CHECK(bell.rung == 2);
}

TEST_CASE("a wait for room is answered when the other side has read")
{
    asio::io_context loop{1};
    const auto stay = asio::make_work_guard(loop);
    auto [ours, theirs] = adit::tests::connect_pair(loop);
    const auto sent = fill(ours);
    Bell bell;
    ours.when_writable(bell.ready());
    CHECK(loop.poll() == 0);
    CHECK(theirs.receive(sent).size() == sent);
    loop.run_one();
    CHECK(bell.rung == 1);
}

TEST_CASE("a forgotten wait is not answered, and a socket may go while one is held")
{
    asio::io_context loop{1};
    const auto stay = asio::make_work_guard(loop);
    Bell bell;
    {
        auto [ours, theirs] = adit::tests::connect_pair(loop);
        ours.when_readable(bell.ready());
        ours.forget_waits();
        REQUIRE(theirs.send("unheard"));
        loop.run_one();
        ours.when_readable(bell.ready());
        ours.soon(bell.ready());
    }
    loop.poll();
    CHECK(bell.rung == 0);
}

TEST_CASE("a wait moves with its socket")
{
    asio::io_context loop{1};
    const auto stay = asio::make_work_guard(loop);
    auto [ours, theirs] = adit::tests::connect_pair(loop);
    Bell bell;
    ours.when_readable(bell.ready());
    Socket moved{std::move(ours)};
    REQUIRE(theirs.send("word"));
    loop.run_one();
    CHECK(bell.rung == 1);
    CHECK(read_all(moved) == "word");
}

TEST_CASE("what is asked for soon comes when the loop comes round, not from inside")
{
    asio::io_context loop{1};
    const auto stay = asio::make_work_guard(loop);
    auto [ours, theirs] = adit::tests::connect_pair(loop);
    Bell bell;
    ours.soon(bell.ready());
    CHECK(bell.rung == 0);
    loop.poll();
    CHECK(bell.rung == 1);
}

TEST_CASE("an adopted descriptor is used as it is, and closed with the socket")
{
    asio::io_context loop{1};
    const auto stay = asio::make_work_guard(loop);
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    {
        Socket socket{loop};
        boost::system::error_code error;
        socket.adopt(asio::ip::tcp::v4(), descriptor, error);
        REQUIRE_FALSE(error);
        CHECK(socket.native_handle() == descriptor);
        CHECK(socket.is_open());
    }
    CHECK(::fcntl(descriptor, F_GETFD) == -1);
}

TEST_CASE("a socket is quiet until something comes")
{
    asio::io_context loop{1};
    const auto stay = asio::make_work_guard(loop);
    auto [ours, theirs] = adit::tests::connect_pair(loop);
    CHECK_FALSE(ours.is_quiet());
    ours.be_quiet();
    loop.poll();
    CHECK(ours.is_quiet());
    REQUIRE(theirs.send("x"));
    CHECK(loop.run_one() == 1);
    CHECK_FALSE(ours.is_quiet());
}

// The edge that tells of room and of bytes calls the writer first, and the reader's part of it waits
// its turn; what comes meanwhile has nobody to note it.
TEST_CASE("a socket that was called quiet behind an edge that is still to be told is not quiet")
{
    asio::io_context loop{1};
    const auto stay = asio::make_work_guard(loop);
    auto [ours, theirs] = adit::tests::connect_pair(loop);
    const auto sent = fill(ours);
    struct Writer {
        Socket& ours;
        adit::tests::FarEnd& theirs;
        bool called = false;
    } writer{ours, theirs};
    ours.be_quiet();
    ours.when_writable({[](void* self, bool) {
                            auto& own = *static_cast<Writer*>(self);
                            own.called = true;
                            CHECK(read_all(own.ours) == "first");
                            own.ours.be_quiet();
                            CHECK(own.theirs.send("second"));
                        },
                        &writer});
    REQUIRE(theirs.send("first"));
    REQUIRE(theirs.receive(sent).size() == sent);
    while (!writer.called)
        loop.run_one();
    loop.poll();
    CHECK_FALSE(ours.is_quiet());
    CHECK(read_all(ours) == "second");
}
