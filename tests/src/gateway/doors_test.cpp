#include "src/gateway/doors.hpp"

#include <array>
#include <cstdlib>
#include <filesystem>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "policy/entries.hpp"
#include "src/platform/accounts.hpp"
#include "src/platform/socket_address.hpp"

using namespace adit;
using gateway::is_same_place;
using gateway::place;

namespace {

class Folder {
public:
    Folder() { REQUIRE(::mkdtemp(path_.data()) != nullptr); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { std::filesystem::remove_all(path_.data()); }
    std::string file(const std::string& name) const { return path_.data() + ("/" + name); }

private:
    std::array<char, 32> path_{"/tmp/adit-doors-XXXXXX"};
};

policy::Listener unix_listener(const std::string& path)
{
    policy::Listener listener;
    listener.name = "local";
    listener.unix_socket.emplace().path = path;
    return listener;
}

policy::Listener systemd_listener(const std::string& name)
{
    policy::Listener listener;
    listener.name = "handed over";
    listener.systemd = name;
    return listener;
}

gateway::Descriptor client_of(const std::string& path)
{
    gateway::Descriptor socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), address.sun_path);
    REQUIRE(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
            0);
    return socket;
}

}  // namespace

TEST_CASE("every worker has a copy of a unix socket, and its file goes with the last owner")
{
    const Folder folder;
    const auto path = folder.file("proxy.sock");
    {
        const auto bound = gateway::open_listener(unix_listener(path), 3, false, {});
        REQUIRE(bound.has_value());
        CHECK(bound->endpoints.empty());
        REQUIRE(bound->sockets.size() == 3);
        for (const auto& of_worker : bound->sockets) {
            const auto client = client_of(path);
            REQUIRE(of_worker.size() == 1);
            const gateway::Descriptor accepted{::accept(of_worker[0].get(), nullptr, nullptr)};
            CHECK(platform::peer_user(accepted.get()) == ::getuid());
            CHECK(platform::family_of(accepted.get()) == AF_UNIX);
        }
    }
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a unix socket whose group this machine does not know is an error in words")
{
    auto listener = unix_listener("/tmp/adit-never-made.sock");
    listener.unix_socket->group = "no such group";
    const auto bound = gateway::open_listener(listener, 1, false, {});
    REQUIRE(bound.has_error());
    CHECK(bound.error() ==
          "listen on unix:/tmp/adit-never-made.sock: this machine has no group called \"no such "
          "group\"");
}

TEST_CASE("handed-over sockets are copied, and stay open for the next reload")
{
    policy::Listener plain;
    plain.endpoint = {boost::asio::ip::make_address("127.0.0.1"), 0};
    const auto manager = gateway::bind_listener(plain, 1);
    REQUIRE(manager.has_value());
    const int descriptor = manager->sockets[0][0].get();
    const gateway::Inherited inherited{{"other", -1}, {"web", descriptor}};
    for (int reload = 0; reload < 2; ++reload) {
        const auto bound = gateway::open_listener(systemd_listener("web"), 2, false, inherited);
        REQUIRE(bound.has_value());
        CHECK(bound->endpoints == manager->endpoints);
        CHECK(bound->sockets.size() == 2);
        CHECK(place(systemd_listener("web"), bound->endpoints) ==
              "systemd:web, " + to_text(manager->endpoints.front()));
    }
    CHECK(platform::family_of(descriptor) == AF_INET);
}

TEST_CASE("what was handed over under no such name, or does not listen, is an error in words")
{
    const gateway::Descriptor idle{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const auto why = [](const std::string& name, const gateway::Inherited& inherited) {
        const auto bound = gateway::open_listener(systemd_listener(name), 1, false, inherited);
        return bound ? "nothing" : bound.error();
    };
    CHECK(why("web", {}).find("no sockets were handed over") != std::string::npos);
    CHECK(why("web", {{"a", 0}, {"b", 1}}).find("are called a, b; the name is") !=
          std::string::npos);
    CHECK(why("web", {{"web", idle.get()}}).find("no listening stream socket") !=
          std::string::npos);
}

TEST_CASE("a reload keeps the sockets of a listener that stays where it is")
{
    CHECK(is_same_place(unix_listener("/run/a"), unix_listener("/run/a")));
    CHECK_FALSE(is_same_place(unix_listener("/run/a"), unix_listener("/run/b")));
    CHECK_FALSE(is_same_place(unix_listener("/run/a"), systemd_listener("a")));
    CHECK(is_same_place(systemd_listener("a"), systemd_listener("a")));
    CHECK_FALSE(is_same_place(systemd_listener("a"), policy::Listener{}));
    policy::Listener one;
    one.name = "one";
    auto other = one;
    CHECK(is_same_place(one, other));
    other.name = "other";
    CHECK_FALSE(is_same_place(one, other));
}

TEST_CASE("sockets are inherited only when the service manager means this process")
{
    ::setenv("LISTEN_FDS", "2", 1);
    ::setenv("LISTEN_FDNAMES", "web", 1);
    ::setenv("LISTEN_PID", "1", 1);
    CHECK(platform::inherited_sockets().empty());
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    ::setenv("LISTEN_FDS", "two", 1);
    CHECK(platform::inherited_sockets().empty());
    ::setenv("LISTEN_FDS", "-1", 1);
    CHECK(platform::inherited_sockets().empty());
    ::unsetenv("LISTEN_FDS");
    ::unsetenv("LISTEN_PID");
    CHECK(platform::inherited_sockets().empty());
    ::unsetenv("LISTEN_FDNAMES");
}

TEST_CASE("users and groups of this machine are known by name, groups by number, too")
{
    CHECK(platform::user_number("root") == 0U);
    CHECK_FALSE(platform::user_number("no such user").has_value());
    CHECK(platform::group_number("root") == 0U);
    CHECK(platform::group_number("1500") == 1500U);
    CHECK_FALSE(platform::group_number("no such group").has_value());
}

TEST_CASE("listeners overlap where one connection could be meant for either")
{
    struct Example {
        const char* open;
        const char* wanted;
        bool overlap;
    };
    const Example examples[] = {
        {"127.0.0.1:1080", "127.0.0.1:1080", true},
        {"127.0.0.1:1080", "127.0.0.1:1081", false},
        {"127.0.0.1:1080", "127.0.0.2:1080", false},
        {"0.0.0.0:1080", "127.0.0.1:1080", true},
        {"127.0.0.1:1080", "0.0.0.0:1080", true},
        {"0.0.0.0:1080", "[::1]:1080", false},
        {"0.0.0.0:1080", "[::]:1080", false},
        {"*:1080", "127.0.0.1:1080", true},
        {"127.0.0.1:1080", "*:1080", true},
        {"[::1]:1080", "*:1080", true},
        {"0.0.0.0:1080", "*:1080", true},
        {"0.0.0.0:1080", "*:0", false},
    };
    const auto listener = [](const char* text) {
        const auto address = policy::parse_listen_address(text);
        REQUIRE(address.has_value());
        policy::Listener made;
        made.endpoint = address->endpoint;
        made.dual_stack = address->dual_stack;
        return made;
    };
    for (const auto& example : examples) {
        CAPTURE(example.open);
        CAPTURE(example.wanted);
        const auto open = listener(example.open);
        CHECK(gateway::overlaps(open, {open.endpoint}, listener(example.wanted)) ==
              example.overlap);
    }
    CHECK_FALSE(gateway::overlaps(listener("0.0.0.0:1080"), {{{}, 1080}}, unix_listener("/run/a")));
}
