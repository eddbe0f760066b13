// A UDP association: asked for before anybody knows where its datagrams go.
#include <doctest/doctest.h>

#include "tests/policy/judging.hpp"

namespace adit::policy {
namespace {

using testing::allow;
using testing::client;
using testing::deny;
using testing::nobody;
using testing::policy;
using testing::user;

bool refused(const Policy& rules, const Subject& by = nobody())
{
    return rules.refuse_association(by, {}).has_value();
}

TEST_CASE("a UDP association is refused only when no destination could be allowed")
{
    CHECK(refused(policy({})));
    CHECK(refused(policy({deny("nothing")})));
    CHECK_FALSE(refused(policy({allow("all")})));
    CHECK_FALSE(refused(policy({allow("names").to_hosts({"dns.example"}).to_ports({53})})));
    CHECK_FALSE(refused(policy({allow("inner").to_networks({"10.0.0.0/8"})})));
    CHECK(refused(policy({allow("no network").to_networks({})})));
}

TEST_CASE("a UDP association is judged as protocol udp")
{
    CHECK(refused(policy({allow("tunnels").over({Protocol::socks5, Protocol::connect})})));
    CHECK_FALSE(refused(policy({allow("datagrams").over({Protocol::udp})})));
    const auto rules = policy({deny("no datagrams").over({Protocol::udp}), allow("all")});
    REQUIRE(refused(rules));
    CHECK(rules.refuse_association(nobody(), {})->rule_name() == "no datagrams");
}

TEST_CASE("a UDP association is for those whom the rules name")
{
    const auto rules =
        policy({allow("alice").for_users({"alice"}), allow("lan").from({"10.0.0.0/8"})});
    CHECK_FALSE(refused(rules, user("alice")));
    CHECK(refused(rules, user("bob")));
    CHECK_FALSE(refused(rules, client("10.0.0.1")));
    CHECK(refused(rules, client("198.41.0.4")));
}

TEST_CASE("a denial of some destinations leaves the others to a UDP association")
{
    CHECK_FALSE(refused(policy({deny("no dns").to_ports({53}), allow("all")})));
    CHECK_FALSE(refused(policy({deny("not there").to_hosts({"bad.example"}), allow("all")})));
    CHECK_FALSE(refused(policy({deny("not inside").to_networks({"10.0.0.0/8"}), allow("all")})));
}

TEST_CASE("a policy that only observes refuses no UDP association")
{
    const Policy rules{{deny("nothing")}, Mode::observe};
    CHECK_FALSE(refused(rules));
}

}  // namespace
}  // namespace adit::policy
