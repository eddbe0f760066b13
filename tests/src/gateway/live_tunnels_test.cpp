#include "src/gateway/live_tunnels.hpp"

#include <doctest/doctest.h>

#include "policy/load.hpp"
#include "src/gateway/judging_again.hpp"

using namespace adit;
using namespace std::chrono_literals;
using gateway::Event;
using gateway::JudgedAgain;
using gateway::Review;
using policy::Reason;

namespace {

constexpr policy::sys_seconds noon{std::chrono::seconds{1'700'000'000}};

gateway::Snapshot running(const std::string& rules)
{
    auto loaded = policy::load(R"({"listeners":[{"name":"main","address":"127.0.0.1:0"}],)"
                               R"("users":{"alice":"$y$a"},"rules":)" +
                               rules + "}");
    REQUIRE(loaded.has_value());
    gateway::Snapshot snapshot;
    snapshot.configuration =
        std::make_shared<policy::Configuration>(std::move(loaded->configuration));
    return snapshot;
}

protocols::Endpoint endpoint(const char* address, std::uint16_t port)
{
    return {boost::asio::ip::make_address(address), port};
}

// alice's tunnel to db.internal:5432, which was 10.8.0.7 when it was dialled.
observe::Record tunnel()
{
    observe::Record facts;
    facts.listener = "main";
    facts.protocol = "socks5";
    facts.client = endpoint("10.2.0.9", 40000);
    facts.user = "alice";
    facts.target = protocols::Target{*protocols::Domain::parse("db.internal"), 5432};
    facts.address = endpoint("10.8.0.7", 5432);
    return facts;
}

policy::Decision judged(const std::string& rules, const observe::Record& facts = tunnel())
{
    const auto now = running(rules);
    auto decision = gateway::judge_again(facts, now, noon);
    decision.rule = nullptr;  // they end with the snapshot
    decision.near = nullptr;
    decision.would.reset();
    return decision;
}

}  // namespace

TEST_CASE("a live tunnel is judged by everything that is known of it")
{
    const auto* all =
        R"([{"name":"a","action":"allow","listeners":["main"],"protocols":["socks5"],)"
        R"("clients":["10.2.0.0/16"],"users":["alice"],"hosts":["db.internal"],)"
        R"("networks":["10.8.0.0/16"],"ports":[5432]}])";
    CHECK(judged(all).allowed());
    const char* lacking[] = {
        R"([{"name":"a","action":"allow","networks":["10.8.0.0/16"],"protocols":["connect"]}])",
        R"([{"name":"a","action":"allow","networks":["10.8.0.0/16"],"clients":["10.3.0.0/16"]}])",
        R"([{"name":"a","action":"allow","networks":["10.8.0.0/16"],"hosts":["*.internal.x"]}])",
        R"([{"name":"a","action":"allow","networks":["10.8.0.0/16"],"ports":[5433]}])",
        R"([{"name":"a","action":"allow","networks":["10.9.0.0/16"]}])",
        R"([])",
    };
    for (const auto* rules : lacking) {
        CAPTURE(rules);
        CHECK(judged(rules).refused());
    }
}

TEST_CASE("a live tunnel to an address that is not public needs a rule that names it")
{
    CHECK(judged(R"([{"name":"a","action":"allow","ports":[5432]}])").reason ==
          Reason::internal_address);
}

TEST_CASE("a user who is gone is refused, and nobody is never gone")
{
    const auto* everyone = R"([{"name":"a","action":"allow","networks":["10.8.0.0/16"]}])";
    auto facts = tunnel();
    facts.user = "bob";
    CHECK(judged(everyone, facts).reason == Reason::user_gone);
    CHECK(judged(everyone, facts).refused());
    facts.user.clear();
    CHECK(judged(everyone, facts).allowed());
}

TEST_CASE("an expired rule no longer holds a live tunnel up")
{
    const auto now = running(R"([{"name":"a","action":"allow","networks":["10.8.0.0/16"],)"
                             R"("expires":"2023-11-14T22:13:20Z"}])");
    CHECK(gateway::judge_again(tunnel(), now, noon - 1s).allowed());
    CHECK(gateway::judge_again(tunnel(), now, noon).refused());
}

TEST_CASE("what came of judging again is told in one line, with a few examples")
{
    const Review report{1, Event::reload, {policy::OnReload::report, 30s}};
    const Review close{1, Event::expiry, {policy::OnReload::close, 1500ms}};
    JudgedAgain sum;
    sum += JudgedAgain{1, 40, 0, {}};
    CHECK(in_words(report, sum) == "reload: all 40 live tunnels are still allowed");
    sum += JudgedAgain{1, 2, 1, {"one"}};
    CHECK(in_words(report, sum) ==
          "reload: 1 of 42 live tunnels are no longer allowed; they go on: one");
    sum += JudgedAgain{1, 4, 4, {"two", "three", "four"}};
    CHECK(in_words(close, sum) ==
          "expiry: 5 of 46 live tunnels are no longer allowed; they are closed in 1500 ms: one; "
          "two; three; ...");
}
