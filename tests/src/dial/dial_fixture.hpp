// What the dialer's tests share: a loop with a DNS server and a dialer on it, listeners of several tempers, and one dial.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <doctest/doctest.h>
#include <boost/asio/co_spawn.hpp>

#include "src/dial/dialer.hpp"
#include "tests/src/dial/loop.hpp"
#include "tests/support/dns_server.hpp"

namespace adit::dial::testing {

using namespace std::chrono_literals;
using protocols::Ending;
using tests::DnsServer;
using tests::run_until;
using tests::settle;

inline Address address(const char* text)
{
    return asio::ip::make_address(text);
}

inline policy::Decision allow(const Address&)
{
    policy::Decision decision;
    decision.verdict = policy::Verdict::allow;
    return decision;
}

inline policy::Decision refuse(policy::Reason reason)
{
    policy::Decision decision;
    decision.reason = reason;
    return decision;
}

inline std::size_t open_descriptors()
{
    const std::filesystem::directory_iterator all{"/proc/self/fd"};
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

inline tcp::acceptor listen(asio::io_context& loop, const char* on, std::uint16_t port = 0)
{
    return tcp::acceptor{loop, {address(on), port}};
}

// Said loudly where the machine has no ::1.
inline bool has_ipv6(asio::io_context& loop)
{
    tcp::acceptor probe{loop, tcp::v6()};
    boost::system::error_code error;
    probe.bind({asio::ip::address_v6::loopback(), 0}, error);
    if (error)
        MESSAGE("skipped: this machine has no ::1");
    return !error;
}

// Listens, and answers no SYN: its queue holds one connection and is full.
class DeafListener {
public:
    explicit DeafListener(asio::io_context& loop) : acceptor_{loop, tcp::v4()}, filler_{loop}
    {
        acceptor_.bind({address("127.0.0.1"), 0});
        acceptor_.listen(0);
        filler_.connect(acceptor_.local_endpoint());
    }
    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

private:
    tcp::acceptor acceptor_;
    tcp::socket filler_;
};

inline std::uint16_t closed_port(asio::io_context& loop)
{
    return listen(loop, "127.0.0.1").local_endpoint().port();
}

struct DialFixture {
    DialFixture()
    {
        policy::ResolverSettings settings;
        settings.servers = {server.endpoint()};
        settings.timeout = 400ms;
        resolver.apply(settings);
        settle(loop);
    }

    static Awaitable<void> run(Dial& dial, std::optional<DialResult>& result)
    {
        auto outcome = co_await dial.run();
        result.emplace(std::move(outcome));
    }
    void begin(const std::string& host, std::uint16_t port, Candidates::Judge judge = allow)
    {
        dial.emplace(dialer, protocols::Target{*protocols::parse_host(host), port},
                     std::move(judge));
        asio::co_spawn(loop, run(*dial, result),
                       [](const std::exception_ptr& surprise) { CHECK(!surprise); });
    }
    const Dialled& connected()
    {
        REQUIRE(run_until(loop, [&] { return result.has_value(); }));
        REQUIRE(std::holds_alternative<Dialled>(*result));
        return std::get<Dialled>(*result);
    }
    const DialFailure& failed()
    {
        REQUIRE(run_until(loop, [&] { return result.has_value(); }));
        REQUIRE(std::holds_alternative<DialFailure>(*result));
        return std::get<DialFailure>(*result);
    }
    std::string considered() const
    {
        std::string text;
        for (const auto& one : dial->considered())
            text += (text.empty() ? "" : " ") + one.address.to_string() +
                    (one.decision.allowed() ? "" : "!");
        return text;
    }

    asio::io_context loop{1};
    DnsServer server{loop};
    Resolver resolver{loop, {"/dev/null", "/dev/null"}};
    Dialer dialer{loop, resolver};
    std::optional<DialResult> result;
    std::optional<Dial> dial;
};

}  // namespace adit::dial::testing
