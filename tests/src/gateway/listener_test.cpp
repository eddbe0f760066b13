#include "src/gateway/listener.hpp"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <boost/asio/ip/tcp.hpp>

using namespace adit;

namespace {

policy::Listener at(const char* address, std::uint16_t port = 0)
{
    policy::Listener listener;
    listener.name = "test";
    listener.endpoint = {boost::asio::ip::make_address(address), port};
    return listener;
}

}  // namespace

TEST_CASE("a listener has a socket for each worker, all on the one port that was free")
{
    const auto bound = gateway::bind_listener(at("127.0.0.1"), 3);
    REQUIRE(bound.has_value());
    CHECK(bound->sockets.size() == 3);
    CHECK(bound->endpoints.front().port != 0);
    CHECK(bound->endpoints.front().address.to_string() == "127.0.0.1");
}

TEST_CASE("a port that is in use is an error in words, also when the other one shares ports")
{
    const auto first = gateway::bind_listener(at("127.0.0.1"), 2);
    REQUIRE(first.has_value());
    const auto second = gateway::bind_listener(at("127.0.0.1", first->endpoints.front().port), 2);
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().find("Address already in use") != std::string::npos);
    CHECK(second.error().find("another Adit") != std::string::npos);
    CHECK(second.error().find(to_text(first->endpoints.front())) != std::string::npos);
}

TEST_CASE("beside a wildcard listener of our own the exact address gets its connections")
{
    const auto wide = gateway::bind_listener(at("0.0.0.0"), 2);
    REQUIRE(wide.has_value());
    const auto port = wide->endpoints.front().port;
    CHECK_FALSE(gateway::bind_listener(at("127.0.0.1", port), 2).has_value());
    const auto exact = gateway::bind_listener(at("127.0.0.1", port), 2, true);
    REQUIRE(exact.has_value());
    for (int i = 0; i < 16; ++i) {
        gateway::Descriptor client{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        const boost::asio::ip::tcp::endpoint there{boost::asio::ip::make_address("127.0.0.1"),
                                                   port};
        REQUIRE(::connect(client.get(), there.data(), static_cast<socklen_t>(there.size())) == 0);
    }
    const auto accepted = [](const gateway::BoundListener& bound) {
        int count = 0;
        for (const auto& sockets : bound.sockets)
            for (const auto& socket : sockets)
                while (gateway::Descriptor{::accept4(socket.get(), nullptr, nullptr, 0)}.get() >= 0)
                    ++count;
        return count;
    };
    CHECK(accepted(*exact) == 16);
    CHECK(accepted(*wide) == 0);
}

TEST_CASE("an address of another machine is an error in words")
{
    const auto bound = gateway::bind_listener(at("192.0.2.1"), 1);
    REQUIRE_FALSE(bound.has_value());
    CHECK(bound.error().find("this machine has no such address") != std::string::npos);
}

TEST_CASE("a listener's port is free again when its sockets are gone")
{
    std::uint16_t port = 0;
    {
        const auto bound = gateway::bind_listener(at("127.0.0.1"), 2);
        REQUIRE(bound.has_value());
        port = bound->endpoints.front().port;
    }
    CHECK(gateway::bind_listener(at("127.0.0.1", port), 2).has_value());
}

TEST_CASE("a dual-stack listener takes IPv4 clients, an IPv6 listener leaves them to others")
{
    for (const bool dual : {true, false}) {
        auto listener = at("::");
        listener.dual_stack = dual;
        const auto bound = gateway::bind_listener(listener, 1);
        REQUIRE(bound.has_value());
        int only_v6 = -1;
        socklen_t size = sizeof only_v6;
        REQUIRE(::getsockopt(bound->sockets[0][0].get(), IPPROTO_IPV6, IPV6_V6ONLY, &only_v6,
                             &size) == 0);
        CHECK(only_v6 == (dual ? 0 : 1));
    }
}
