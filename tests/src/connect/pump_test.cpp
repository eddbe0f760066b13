#include "src/connect/pump.hpp"

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <string>
#include <thread>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace adit::connect {
namespace {

struct Ends {
    Descriptor ours;    // given to the pump
    Descriptor theirs;  // in the hands of the test
};

Ends socket_pair(int more = 0)
{
    std::array<int, 2> pair{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | more, 0, pair.data()) == 0);
    return {Descriptor{pair[0]}, Descriptor{pair[1]}};
}

Descriptor nonblocking(Descriptor socket)
{
    REQUIRE(::fcntl(socket.get(), F_SETFL, O_NONBLOCK) == 0);
    return socket;
}

// `in`: ours is the end to read. `out`: ours is the end to write.
Ends pipe_for_in()
{
    std::array<int, 2> pair{};
    REQUIRE(::pipe2(pair.data(), O_CLOEXEC) == 0);
    return {Descriptor{pair[0]}, Descriptor{pair[1]}};
}

Ends pipe_for_out()
{
    std::array<int, 2> pair{};
    REQUIRE(::pipe2(pair.data(), O_CLOEXEC) == 0);
    return {Descriptor{pair[1]}, Descriptor{pair[0]}};
}

void say(const Descriptor& to, std::string_view text)
{
    while (!text.empty()) {
        const auto count = ::write(to.get(), text.data(), text.size());
        REQUIRE(count > 0);
        text.remove_prefix(static_cast<std::size_t>(count));
    }
}

std::string hear(const Descriptor& from, std::size_t count)
{
    std::string text(count, '\0');
    std::size_t got = 0;
    while (got < count) {
        const auto more = ::read(from.get(), text.data() + got, count - got);
        if (more <= 0)
            break;
        got += static_cast<std::size_t>(more);
    }
    text.resize(got);
    return text;
}

std::string hear_all(const Descriptor& from)
{
    std::string text;
    std::array<char, 65536> piece{};
    for (;;) {
        const auto count = ::read(from.get(), piece.data(), piece.size());
        if (count <= 0)
            return text;
        text.append(piece.data(), static_cast<std::size_t>(count));
    }
}

std::string numbered(std::size_t size)
{
    std::string text;
    for (std::size_t i = 0; text.size() < size; ++i)
        text += std::to_string(i) + " ";
    text.resize(size);
    return text;
}

// A pump on a thread of its own, between pipes unless something else is given.
struct Running {
    explicit Running(std::string early = "", Ends in_pair = pipe_for_in(),
                     Ends out_pair = pipe_for_out())
        : in{std::move(in_pair.theirs)}, out{std::move(out_pair.theirs)}
    {
        (void)std::signal(SIGPIPE, SIG_IGN);
        auto pair = socket_pair();
        far = std::move(pair.theirs);
        ended = std::async(std::launch::async, [early, socket = nonblocking(std::move(pair.ours)),
                                                from = std::move(in_pair.ours),
                                                to = std::move(out_pair.ours)]() mutable {
            PlainStream stream{std::move(socket)};
            return pump(stream, std::move(from), std::move(to), early);
        });
    }

    Descriptor in, out, far;
    std::future<Pumped> ended;
};

TEST_CASE("what came with the proxy's answer is first on standard output")
{
    Running running{"early "};
    say(running.far, "later");
    CHECK(hear(running.out, 11) == "early later");
    say(running.in, "up");
    CHECK(hear(running.far, 2) == "up");
    running.in = {};
    running.far = {};
    CHECK(running.ended.get().is_whole);
}

TEST_CASE("the end of standard input is passed on, and the answer is still read")
{
    Running running;
    say(running.in, "question");
    running.in = {};
    CHECK(hear_all(running.far) == "question");
    say(running.far, "answer");
    running.far = {};
    CHECK(hear_all(running.out) == "answer");
    CHECK(running.ended.get().is_whole);
}

TEST_CASE("a unix socket that is closed altogether is the end, whatever is typed no more")
{
    Running running;
    say(running.far, "all there is");
    running.far = {};
    CHECK(hear_all(running.out) == "all there is");
    CHECK(running.ended.get().is_whole);
}

TEST_CASE("the end of the tunnel closes standard output, and standard input is still carried")
{
    Running running;
    say(running.far, "all there is");
    ::shutdown(running.far.get(), SHUT_WR);
    CHECK(hear_all(running.out) == "all there is");
    say(running.in, "and this");
    running.in = {};
    CHECK(hear_all(running.far) == "and this");
    CHECK(running.ended.get().is_whole);
}

TEST_CASE("much goes both ways at once, through pipes and through a socket")
{
    const auto bulk = numbered(3'000'000);
    for (const bool by_socket : {false, true}) {
        CAPTURE(by_socket);
        Running running{"", by_socket ? socket_pair() : pipe_for_in(),
                        by_socket ? socket_pair() : pipe_for_out()};
        std::thread up{[&] {
            say(running.in, bulk);
            running.in = {};
        }};
        std::thread down{[&] {
            say(running.far, bulk);
            ::shutdown(running.far.get(), SHUT_WR);
        }};
        auto far = std::async(std::launch::async, [&] { return hear_all(running.far); });
        CHECK(hear_all(running.out) == bulk);
        CHECK(far.get() == bulk);
        up.join();
        down.join();
        CHECK(running.ended.get().is_whole);
    }
}

TEST_CASE("one socket may be standard input and standard output at once")
{
    auto pair = socket_pair();
    Ends out{Descriptor{::dup(pair.ours.get())}, Descriptor{::dup(pair.theirs.get())}};
    Running running{"", std::move(pair), std::move(out)};
    say(running.in, "question");
    ::shutdown(running.in.get(), SHUT_WR);
    CHECK(hear_all(running.far) == "question");
    say(running.far, "answer");
    running.far = {};
    CHECK(hear_all(running.out) == "answer");
    CHECK(running.ended.get().is_whole);
}

TEST_CASE("files are read to their end and written")
{
    const auto bulk = numbered(1'000'000);
    std::FILE* source = std::tmpfile();
    std::FILE* sink = std::tmpfile();
    REQUIRE((source != nullptr && sink != nullptr));
    std::fwrite(bulk.data(), 1, bulk.size(), source);
    std::rewind(source);
    Running running{"", Ends{Descriptor{::dup(::fileno(source))}, Descriptor{}},
                    Ends{Descriptor{::dup(::fileno(sink))}, Descriptor{}}};
    CHECK(hear_all(running.far) == bulk);
    say(running.far, bulk);
    running.far = {};
    CHECK(running.ended.get().is_whole);
    std::rewind(sink);
    CHECK(hear(Descriptor{::dup(::fileno(sink))}, bulk.size() + 1) == bulk);
    std::fclose(source);
    std::fclose(sink);
}

TEST_CASE("when nobody reads standard output any more, the rest of standard input is delivered")
{
    Running running;
    running.out = {};
    say(running.far, numbered(1'000'000).substr(0, 100'000));
    say(running.in, "last words");
    running.in = {};
    CHECK(hear_all(running.far) == "last words");
    const auto ended = running.ended.get();
    CHECK_FALSE(ended.is_whole);
    CHECK(ended.why.empty());
}

TEST_CASE("a reset tunnel is told as broken")
{
    Descriptor listener{::socket(AF_INET, SOCK_STREAM, 0)};
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    auto* address = reinterpret_cast<sockaddr*>(&at);
    REQUIRE(::bind(listener.get(), address, size) == 0);
    REQUIRE(::listen(listener.get(), 1) == 0);
    REQUIRE(::getsockname(listener.get(), address, &size) == 0);
    Descriptor near{::socket(AF_INET, SOCK_STREAM, 0)};
    REQUIRE(::connect(near.get(), address, size) == 0);
    Descriptor far{::accept(listener.get(), nullptr, nullptr)};
    const linger at_once{1, 0};
    REQUIRE(::setsockopt(far.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0);

    SUBCASE("while it lives") {}
    SUBCASE("after it has said its end")
    {
        ::shutdown(far.get(), SHUT_WR);
    }
    auto in = pipe_for_in();
    auto out = pipe_for_out();
    PlainStream stream{nonblocking(std::move(near))};
    auto ended = std::async(std::launch::async, [&] {
        return pump(stream, std::move(in.ours), std::move(out.ours), "early");
    });
    CHECK(hear(out.theirs, 5) == "early");
    far = {};
    const auto pumped = ended.get();
    CHECK_FALSE(pumped.is_whole);
    CHECK_FALSE(pumped.why.empty());
}

TEST_CASE("at a terminal nobody has to press a key when the tunnel has ended")
{
    const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
    REQUIRE(terminal >= 0);
    REQUIRE((::grantpt(terminal) == 0 && ::unlockpt(terminal) == 0));
    Ends keyboard{Descriptor{::open(::ptsname(terminal), O_RDWR | O_NOCTTY)}, Descriptor{terminal}};
    REQUIRE(keyboard.ours.is_open());
    Running running{"", std::move(keyboard)};
    say(running.in, "typed\n");
    CHECK(hear(running.far, 6) == "typed\n");
    running.far = {};
    CHECK(running.ended.get().is_whole);
}

}  // namespace
}  // namespace adit::connect
