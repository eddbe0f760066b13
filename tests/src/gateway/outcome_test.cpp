#include "src/gateway/outcome.hpp"

#include <doctest/doctest.h>

using namespace adit;
using namespace adit::gateway;
using protocols::Ending;
using protocols::Fault;

TEST_CASE("a tunnel's record says who ended it and how")
{
    relay::Totals totals;
    totals.end = relay::End::finished;
    totals.by_client = true;
    CHECK(tunnel_outcome(totals, Interruption::none) == Outcome{"finished", "client"});
    totals.by_client = false;
    CHECK(tunnel_outcome(totals, Interruption::none) == Outcome{"finished", "destination"});
    totals.end = relay::End::reset;
    CHECK(tunnel_outcome(totals, Interruption::none) == Outcome{"reset", "destination"});
    totals.end = relay::End::stopped;
    CHECK(tunnel_outcome(totals, Interruption::idle) == Outcome{"idle_timeout", "gateway"});
    CHECK(tunnel_outcome(totals, Interruption::policy_changed) ==
          Outcome{"policy_changed", "gateway"});
    CHECK(tunnel_outcome(totals, Interruption::stopping) == stopped);
}

TEST_CASE(
    "a refused request's record says what the client was told, or that there was no client to tell")
{
    CHECK(refused_outcome(Ending::not_allowed, Fault::none, Interruption::none) ==
          Outcome{"not_allowed", "gateway"});
    CHECK(refused_outcome(Ending::timed_out, Fault::none, Interruption::deadline) ==
          Outcome{"timed_out", "gateway"});
    CHECK(refused_outcome(Ending::malformed, Fault::too_slow, Interruption::deadline) ==
          handshake_timeout);
    CHECK(refused_outcome(Ending::malformed, Fault::bad_port, Interruption::none) ==
          Outcome{"malformed", "gateway"});
    CHECK(refused_outcome(Ending::timed_out, Fault::none, Interruption::client_left) ==
          client_gone);
    CHECK(refused_outcome(Ending::timed_out, Fault::none, Interruption::stopping) == stopped);
}

TEST_CASE("a pinned tunnel's record tells a mismatch, a malformed beginning and silence apart")
{
    const auto told = [](PinEnd end, Interruption why = Interruption::none) {
        return pin_outcome(end, why);
    };
    CHECK(told(PinEnd::mismatch) == Outcome{"inner_mismatch", "gateway"});
    CHECK(told(PinEnd::malformed) == Outcome{"inner_malformed", "gateway"});
    CHECK(told(PinEnd::interrupted, Interruption::deadline) == Outcome{"inner_timeout", "gateway"});
    CHECK(told(PinEnd::interrupted, Interruption::stopping) == stopped);
    CHECK(told(PinEnd::client_left) == client_gone);
    CHECK(told(PinEnd::destination_left) == Outcome{"finished", "destination"});
    CHECK(told(PinEnd::destination_reset) == Outcome{"reset", "destination"});
}
