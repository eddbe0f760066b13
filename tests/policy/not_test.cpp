// What `not` means: in a rule of either action, before and after the look-up.
#include <doctest/doctest.h>

#include "policy/covers.hpp"
#include "tests/policy/judging.hpp"

using namespace adit::policy;
using namespace adit::policy::testing;

namespace {

bool allowed(const Policy& rules, const std::string& to, const std::string& address,
             const Subject& by = nobody())
{
    return judge(rules, {to, address, by}).allowed();
}

}  // namespace

TEST_CASE("a rule with a not matches where not all of its fields match")
{
    const auto rules =
        policy({allow("r").except(deny("").to_hosts({"*.bad.example"}).to_ports({25}))});
    CHECK(allowed(rules, "good.example:25", "8.8.8.8"));
    CHECK(allowed(rules, "x.bad.example:443", "8.8.8.8"));
    CHECK_FALSE(allowed(rules, "x.bad.example:25", "8.8.8.8"));
}

TEST_CASE("networks in a not are unknown before the look-up, and do not lift the implied public")
{
    const auto rules =
        policy({allow("r").to_ports({443}).except(deny("").to_networks({"10.0.0.0/8"}))});
    CHECK_FALSE(by_name(rules, "x.example:443"));
    CHECK(allowed(rules, "x.example:443", "8.8.8.8"));
    CHECK_FALSE(allowed(rules, "x.example:443", "10.0.0.1"));
    CHECK_FALSE(allowed(rules, "x.example:443", "169.254.169.254"));
    CHECK(judge(rules, {"x.example:443", "169.254.169.254"}).near_name() == "r");
    CHECK(judge(rules, {"x.example:443", "10.0.0.1"}).near == nullptr);
}

TEST_CASE("a deny with a not waits for the address where its not does")
{
    const auto rules = policy({deny("inside only").except(deny("").to_networks({"10.0.0.0/8"})),
                               allow("inside").to_networks({"10.0.0.0/8"})});
    CHECK_FALSE(by_name(rules, "x.corp:22"));
    CHECK(allowed(rules, "x.corp:22", "10.0.0.1"));
    CHECK_FALSE(allowed(rules, "x.corp:22", "8.8.8.8"));
    const auto by_port = policy({deny("no").except(deny("").to_ports({443})), allow("rest")});
    CHECK(by_name(by_port, "x.example:22"));
    CHECK_FALSE(by_name(by_port, "x.example:443"));
}

TEST_CASE("in doubt a not lets an allow reach less and a deny cover more")
{
    // 10.0.0.1 hides in the 6to4 address; the metadata service is reached by no wide network.
    const auto reaching =
        policy({allow("r")
                    .to_networks({"reserved", "metadata"})
                    .except(deny("").to_networks({"10.0.0.0/8", "169.254.0.0/16"}))});
    CHECK_FALSE(allowed(reaching, "x.example:443", "2002:a00:1::1"));
    CHECK_FALSE(allowed(reaching, "x.example:443", "169.254.169.254"));
    const auto covering = policy({deny("r").except(deny("").to_networks({"169.254.0.0/16"})),
                                  allow("all").to_networks({"metadata", "link-local"})});
    CHECK_FALSE(allowed(covering, "x.example:443", "169.254.169.254"));
    CHECK(allowed(covering, "x.example:443", "169.254.0.9"));
}

TEST_CASE("users in a not: nobody is none of them, and a login may be asked for")
{
    const auto rules = policy({allow("r").for_users({"*"}).except(deny("").for_users({"bob"}))});
    CHECK(allowed(rules, "x.example:443", "8.8.8.8", user("alice")));
    CHECK_FALSE(allowed(rules, "x.example:443", "8.8.8.8", user("bob")));
    CHECK(judge(rules, {"x.example:443", "8.8.8.8"}).needs_login);
    CHECK(allowed(policy({allow("r").except(deny("").for_users({"*"}))}), "x.example:443",
                  "8.8.8.8"));
}

TEST_CASE("a rule with a not, or with times, covers no other")
{
    Times always;
    always.add({0x7F, {}, std::chrono::minutes{1440}, nullptr});
    CHECK(covers(allow("a"), allow("b").to_ports({443})));
    CHECK_FALSE(covers(allow("a").except(deny("").to_ports({25})), allow("b").to_ports({443})));
    CHECK_FALSE(covers(allow("a").at_times(always), allow("b")));
    CHECK(covers(allow("a"), allow("b").at_times(always)));
    CHECK(covers(allow("a"), allow("b").except(deny("").to_ports({25}))));
}
