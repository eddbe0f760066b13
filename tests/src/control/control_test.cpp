#include <chrono>
#include <cstdlib>
#include <fstream>
#include <future>
#include <string>
#include <thread>
#include <utility>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "src/control/address.hpp"
#include "src/control/client.hpp"
#include "src/control/protocol.hpp"
#include "src/control/server.hpp"
#include "src/control/socket_file.hpp"

using namespace adit;
using namespace std::chrono_literals;
using control::SocketFile;

namespace {

class Folder {
public:
    Folder()
    {
        std::string name = "/tmp/adit-control-XXXXXX";
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        name_ = name;
    }
    ~Folder()
    {
        (void)::unlink(path().c_str());
        (void)::rmdir(name_.c_str());
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::string path() const { return name_ + "/control.sock"; }

private:
    std::string name_;
};

bool exists(const std::string& path)
{
    struct stat there {};
    return ::lstat(path.c_str(), &there) == 0;
}

// A server with a thread of its own, which answers with what it was asked, in brackets.
class Running {
public:
    explicit Running(SocketFile file) : server_{loop_, echo, observe::Log{policy::LogLevel::error}}
    {
        server_.serve(std::move(file));
        thread_ = std::thread{[this] { loop_.run(); }};
    }
    ~Running()
    {
        loop_.stop();
        thread_.join();
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

private:
    static std::string echo(std::string_view question) { return '[' + std::string{question} + ']'; }

    asio::io_context loop_{1};
    control::Server server_;
    std::thread thread_;
};

int connect_to(const std::string& path)
{
    const auto address = control::Address::of(path);
    REQUIRE(address);
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM, 0);
    REQUIRE(::connect(descriptor, address->get(), control::Address::size()) == 0);
    return descriptor;
}

}  // namespace

TEST_CASE("the control socket is its owner's alone, whatever the umask, and goes with its owner")
{
    const Folder folder;
    const auto before = ::umask(0);
    {
        const auto file = SocketFile::bind(folder.path());
        ::umask(before);
        REQUIRE(file.has_value());
        struct stat made {};
        REQUIRE(::lstat(folder.path().c_str(), &made) == 0);
        CHECK((made.st_mode & ACCESSPERMS) == 0600);
        CHECK(file->is_still_there());
    }
    CHECK_FALSE(exists(folder.path()));
}

TEST_CASE("a socket that nobody answers at is replaced")
{
    const Folder folder;
    const auto address = control::Address::of(folder.path());
    const int crashed = ::socket(AF_UNIX, SOCK_STREAM, 0);
    REQUIRE(::bind(crashed, address->get(), control::Address::size()) == 0);
    ::close(crashed);
    REQUIRE(exists(folder.path()));
    CHECK(SocketFile::bind(folder.path()).has_value());
}

TEST_CASE("a socket that somebody answers at is left alone")
{
    const Folder folder;
    const auto first = SocketFile::bind(folder.path());
    REQUIRE(first.has_value());
    const auto second = SocketFile::bind(folder.path());
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error() == "open the unix socket " + folder.path() +
                                ": another program (or another Adit) answers there");
    CHECK(first->is_still_there());
}

TEST_CASE("a file that is no socket is never removed")
{
    const Folder folder;
    std::ofstream{folder.path()} << "somebody's notes";
    const auto refused = SocketFile::bind(folder.path());
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().find("no socket stands there") != std::string::npos);
    CHECK(exists(folder.path()));
}

TEST_CASE("a socket that took the place of ours is not removed with ours")
{
    const Folder folder;
    auto first = SocketFile::bind(folder.path());
    REQUIRE(first.has_value());
    REQUIRE(::unlink(folder.path().c_str()) == 0);
    CHECK_FALSE(first->is_still_there());
    const auto second = SocketFile::bind(folder.path());
    REQUIRE(second.has_value());
    {
        const auto gone = std::move(*first);
    }
    CHECK(second->is_still_there());
}

TEST_CASE("a path that the kernel cannot take is refused in words")
{
    const std::string path = "/tmp/" + std::string(120, 'x');
    CHECK(SocketFile::bind(path).error().find("longer than 107 bytes") != std::string::npos);
    CHECK(control::ask(path, "{}").error().find("longer than 107 bytes") != std::string::npos);
    CHECK(SocketFile::bind("/nonexistent/control.sock").error() ==
          "open the unix socket /nonexistent/control.sock: No such file or directory");
}

TEST_CASE("one question gets one answer")
{
    const Folder folder;
    auto file = SocketFile::bind(folder.path());
    REQUIRE(file.has_value());
    const Running server{std::move(*file)};
    for (int i = 0; i < 20; ++i) {
        const auto answer = control::ask(folder.path(), "what?");
        REQUIRE(answer);
        CHECK(*answer == "[what?]");
    }
}

TEST_CASE("who asks where nobody answers is told what may help")
{
    const Folder folder;
    const auto answer = control::ask(folder.path(), "{}");
    REQUIRE_FALSE(answer);
    CHECK(answer.error().find("No such file or directory; is it running") != std::string::npos);
}

TEST_CASE("a question that does not end is cut off, and those who say nothing hold nobody up")
{
    const Folder folder;
    auto file = SocketFile::bind(folder.path());
    REQUIRE(file.has_value());
    const Running server{std::move(*file)};
    std::vector<int> silent;
    for (std::size_t i = 0; i + 2 < control::max_connections; ++i)
        silent.push_back(connect_to(folder.path()));
    const int endless = connect_to(folder.path());
    const std::string piece(4096, 'x');
    ssize_t sent = 0;
    for (int i = 0; i < 1000 && sent >= 0; ++i)
        sent = ::send(endless, piece.data(), piece.size(), MSG_NOSIGNAL);
    CHECK(sent < 0);
    CHECK(control::ask(folder.path(), "still there?").has_value());
    ::close(endless);
    for (const int descriptor : silent)
        ::close(descriptor);
}
