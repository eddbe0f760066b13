#include "src/gateway/expiry_watch.hpp"

#include <doctest/doctest.h>

using namespace adit;
using namespace std::chrono_literals;
using gateway::ExpiryWatch;

namespace {

policy::sys_seconds now()
{
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

std::shared_ptr<const policy::Policy> policy_of(
    std::initializer_list<std::pair<const char*, std::optional<policy::sys_seconds>>> all)
{
    std::vector<policy::Rule> rules;
    for (const auto& [name, expires] : all) {
        auto& rule = rules.emplace_back();
        rule.name = name;
        rule.life.expires = expires;
    }
    return std::make_shared<policy::Policy>(std::move(rules));
}

}  // namespace

TEST_CASE("rules that expire are told once, and those that had expired before are not")
{
    asio::io_context loop{1};
    std::vector<std::string> told;
    ExpiryWatch watch{loop, [&](const auto& expired) {
                          for (const auto* rule : expired)
                              told.push_back(rule->name);
                      }};
    const auto soon = now() + 1s;
    watch.watch(policy_of({{"past", now() - 1h}, {"soon", soon}, {"never", {}}, {"too", soon}}));
    loop.run_for(10s);
    CHECK(told == std::vector<std::string>{"soon", "too"});
    CHECK(loop.stopped());  // nothing is left to wait for
}

TEST_CASE("a policy that is no longer watched tells nothing")
{
    asio::io_context loop{1};
    int told = 0;
    ExpiryWatch watch{loop, [&](const auto&) { ++told; }};
    watch.watch(policy_of({{"soon", now() + 1s}}));
    watch.watch(policy_of({{"never", {}}}));
    loop.run_for(3s);
    CHECK(told == 0);
}

TEST_CASE("the end of a rule's times is told, with no rule that has expired")
{
    const auto soon = now() + 1s;
    const auto zone = std::make_shared<const policy::Zone>(
        policy::Zone{"there", {{policy::sys_seconds{}, 0s}, {soon, 1h}}});
    policy::Rule rule;
    rule.when.emplace();
    // It holds in this hour, which a shift by an hour ends at once.
    const auto hour = std::chrono::floor<std::chrono::hours>(soon.time_since_epoch()) % 24h;
    rule.when->add({0x7F, hour, (hour + 1h) % 24h, zone});
    asio::io_context loop{1};
    int told = 0;
    ExpiryWatch watch{loop, [&](const auto& expired) {
                          CHECK(expired.empty());
                          ++told;
                          loop.stop();
                      }};
    watch.watch(std::make_shared<policy::Policy>(std::vector<policy::Rule>{rule}));
    loop.run_for(10s);
    CHECK(told == 1);
}

TEST_CASE("a rule that expires in a thousand years is waited for in peace")
{
    asio::io_context loop{1};
    ExpiryWatch watch{loop, [](const auto&) { FAIL("it has expired"); }};
    watch.watch(policy_of({{"far", std::chrono::sys_days{std::chrono::year{9999} / 12 / 31}}}));
    CHECK(loop.run_for(100ms) == 0);
}
