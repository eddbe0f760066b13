#include "policy/rule.hpp"

#include <doctest/doctest.h>

#include "tests/policy/judging.hpp"

using namespace adit::policy;
using namespace adit::policy::testing;

namespace {

Match match(const Rule& rule, const Subject& subject, std::string_view authority = "h.example:443")
{
    return rule.match_request(subject, target(authority), {}).match;
}

bool reaches(const Rule& rule, const std::string& address, const Surroundings& around = {})
{
    return rule.match_address({at(address), around});
}

}  // namespace

TEST_CASE("a rule without fields matches every request")
{
    CHECK(match(allow("all"), nobody()) == Match::yes);
    CHECK(match(deny("all"), user("alice")) == Match::yes);
}

TEST_CASE("a rule matches only when all of its fields match")
{
    const Rule rule = allow("r")
                          .to_ports({443})
                          .to_hosts({"h.example"})
                          .for_users({"alice"})
                          .from({"198.41.0.0/24"})
                          .over({Protocol::connect})
                          .on_listeners({"main"});
    CHECK(match(rule, user("alice")) == Match::yes);
    CHECK(match(rule, user("alice"), "h.example:444") == Match::no);
    CHECK(match(rule, user("alice"), "g.example:443") == Match::no);
    CHECK(match(rule, user("bob")) == Match::no);

    auto other = user("alice");
    other.client = at("198.41.1.4");
    CHECK(match(rule, other) == Match::no);
    other = user("alice");
    other.protocol = Protocol::socks5;
    CHECK(match(rule, other) == Match::no);
    other = user("alice");
    other.listener = "side";
    CHECK(match(rule, other) == Match::no);
}

TEST_CASE("a field matches when one of its entries does")
{
    const Rule rule = allow("r")
                          .over({Protocol::http, Protocol::socks5})
                          .on_listeners({"a", "b"})
                          .for_users({"alice", "bob"});
    auto subject = user("bob");
    subject.listener = "b";
    subject.protocol = Protocol::socks5;
    CHECK(match(rule, subject) == Match::yes);
}

TEST_CASE("a rule without protocols covers all of them")
{
    for (const auto protocol :
         {Protocol::connect, Protocol::http, Protocol::socks5, Protocol::socks4, Protocol::udp,
          Protocol::bind, Protocol::forward}) {
        auto subject = nobody();
        subject.protocol = protocol;
        CHECK(match(allow("all"), subject) == Match::yes);
        CHECK(match(allow("one").over({protocol}), subject) == Match::yes);
        CHECK(match(allow("none").over({}), subject) == Match::no);
    }
}

TEST_CASE("nobody is in no set of users, not even in a star")
{
    CHECK(match(allow("r").for_users({"*"}), nobody()) == Match::no);
    CHECK(match(allow("r").for_users({"alice"}), nobody()) == Match::no);
    CHECK(match(allow("r").for_users({"*"}), user("anyone")) == Match::yes);
    CHECK_FALSE(users({"*", ""}).contains(""));
}

TEST_CASE("whether some user would match is certain for a star and unknown for names")
{
    auto someone = nobody();
    someone.unknown.add(Fact::user);
    CHECK(match(allow("r"), someone) == Match::yes);
    CHECK(match(allow("r").for_users({"*"}), someone) == Match::yes);
    CHECK(match(allow("r").for_users({"alice"}), someone) == Match::unknown);
    CHECK(match(allow("r").for_users({}), someone) == Match::no);
    CHECK(match(allow("r").for_users({"alice"}).to_ports({22}), someone) == Match::no);
}

TEST_CASE("a client at a unix socket matches no entry of clients")
{
    auto subject = nobody();
    subject.client.reset();
    CHECK(match(allow("r").from({"0.0.0.0/0", "::/0", "public", "loopback"}), subject) ==
          Match::no);
    CHECK(match(allow("r"), subject) == Match::yes);
}

TEST_CASE("uids name users at unix sockets, and no client with an address")
{
    Rule rule = allow("r");
    rule.uids = {1000, 1001};
    auto subject = nobody();
    subject.client.reset();
    CHECK(match(rule, subject) == Match::no);
    subject.uid = 1000;
    CHECK(match(rule, subject) == Match::yes);
    subject.uid = 0;
    CHECK(match(rule, subject) == Match::no);
    CHECK(match(rule, client("127.0.0.1")) == Match::no);
    subject.unknown.add(Fact::client);
    CHECK(match(rule, subject) == Match::unknown);
}

TEST_CASE("clients are unwrapped from the IPv4-mapped form only")
{
    const Rule rule = allow("r").from({"10.2.0.0/16"});
    CHECK(match(rule, client("10.2.0.9")) == Match::yes);
    CHECK(match(rule, client("::ffff:10.2.0.9")) == Match::yes);
    CHECK(match(rule, client("2002:a02:1::9")) == Match::no);
    CHECK(match(rule, client("64:ff9b::a02:9")) == Match::no);
    CHECK(match(rule, client("::10.2.0.9")) == Match::no);
    CHECK(match(deny("r").from({"10.2.0.0/16"}), client("64:ff9b::a02:9")) == Match::no);
}

TEST_CASE("an allow that names no networks reaches public addresses only")
{
    const Rule rule = allow("r");
    CHECK(reaches(rule, "8.8.8.8"));
    CHECK(reaches(rule, "2606:4700::1111"));
    for (const auto* internal : {"127.0.0.1", "10.0.0.1", "100.64.0.1", "169.254.0.1", "224.0.0.1",
                                 "169.254.169.254", "192.0.2.1", "::1", "fd00::1", "fe80::1"})
        CHECK_FALSE_MESSAGE(reaches(rule, internal), internal);
}

TEST_CASE("a deny that names no networks covers every address")
{
    for (const auto* address : {"8.8.8.8", "127.0.0.1", "169.254.169.254", "::1", "2002:a00:1::1"})
        CHECK(reaches(deny("r"), address));
}

TEST_CASE("an allow with networks reaches these and nothing else")
{
    const Rule inner = allow("r").to_networks({"10.0.0.0/8"});
    CHECK(reaches(inner, "10.1.2.3"));
    CHECK_FALSE(reaches(inner, "8.8.8.8"));
    const Rule both = allow("r").to_networks({"public", "10.0.0.0/8"});
    CHECK(reaches(both, "10.1.2.3"));
    CHECK(reaches(both, "8.8.8.8"));
    CHECK_FALSE(reaches(both, "192.168.0.1"));
}

TEST_CASE("before the address is known only a deny that covers every address is certain")
{
    CHECK(Rule(deny("r")).match_unresolved() == Match::yes);
    CHECK(Rule(deny("r").to_networks({"0.0.0.0/0", "::/0"})).match_unresolved() == Match::unknown);
    CHECK(Rule(allow("r")).match_unresolved() == Match::unknown);
    CHECK(Rule(allow("r").to_networks({"public"})).match_unresolved() == Match::unknown);
    CHECK(Rule(allow("r").to_networks({})).match_unresolved() == Match::no);
    CHECK(Rule(deny("r").to_networks({})).match_unresolved() == Match::no);
}

TEST_CASE("a field whose list file is empty matches nothing")
{
    CHECK(match(allow("r").to_ports({}), nobody()) == Match::no);
    CHECK(match(allow("r").to_hosts({}), nobody()) == Match::no);
    CHECK(match(allow("r").from({}), nobody()) == Match::no);
    CHECK(match(allow("r").for_users({}), user("alice")) == Match::no);
    CHECK_FALSE(reaches(allow("r").to_networks({}), "8.8.8.8"));
    CHECK_FALSE(reaches(deny("r").to_networks({}), "8.8.8.8"));
}
