#include "policy/host_pattern.hpp"

#include <doctest/doctest.h>

#include "tests/policy/judging.hpp"

using namespace adit::policy;
using namespace adit::policy::testing;

namespace {

bool fits(const char* expression, const char* name)
{
    const auto pattern = HostPattern::parse(expression);
    REQUIRE(pattern.has_value());
    return pattern->matches(name);
}

std::string wrong_with(const std::string& expression)
{
    const auto pattern = HostPattern::parse(expression);
    return pattern ? std::string{} : pattern.error();
}

}  // namespace

TEST_CASE("a regular expression matches the whole name, in upper and lower case")
{
    CHECK(fits("ci-[0-9]+\\.example\\.com", "ci-17.example.com"));
    CHECK(fits("CI-[0-9]+\\.Example\\.com", "ci-17.example.com"));
    CHECK(fits("^ci-[0-9]+\\.example\\.com$", "ci-17.example.com"));
    CHECK_FALSE(fits("ci-[0-9]+\\.example\\.com", "ci-17.example.com.evil.net"));
    CHECK_FALSE(fits("ci-[0-9]+\\.example\\.com", "x.ci-17.example.com"));
    CHECK_FALSE(fits("example", "example.com"));
    CHECK(fits("a|b", "b"));
    CHECK_FALSE(fits("a|b", "ab"));
}

TEST_CASE("no expression takes long, and none is larger than its bounds")
{
    const std::string name(250, 'a');
    CHECK_FALSE(fits("(a*)*(a*)*(a*)*b", name.c_str()));
    CHECK_FALSE(wrong_with("((a{1,100}){1,100}){1,100}").empty());
    CHECK_FALSE(wrong_with("a{1001}").empty());
    CHECK(wrong_with("((ab){1,30}){1,33}((cd){1,30}){1,33}((ef){1,30}){1,33}").find("too large") !=
          std::string::npos);
    CHECK(wrong_with(std::string(501, 'a')) ==
          "is longer than 500 bytes; write several shorter ones");
    CHECK(wrong_with("") == "is empty and matches no name; take it out, or write \"*\" for all");
    CHECK(wrong_with("a b").starts_with("holds a blank"));
    CHECK(wrong_with("b\xC3\xBC"
                     "cher")
              .starts_with("holds a blank"));
    CHECK(wrong_with("(a").find("missing )") != std::string::npos);
    CHECK(wrong_with("(?=a)b").find("look-around") != std::string::npos);
    CHECK(wrong_with("(a)\\1").find("back-references") != std::string::npos);
}

TEST_CASE("a list of hosts holds what one of its expressions matches, and no address")
{
    const auto set = hosts({"a.example", "/db[0-9]\\.example/"});
    CHECK(set.contains(*adit::protocols::parse_host("db1.example")));
    CHECK(set.contains(*adit::protocols::parse_host("DB1.example.")));
    CHECK(set.contains(*adit::protocols::parse_host("a.example")));
    CHECK_FALSE(set.contains(*adit::protocols::parse_host("db.example")));
    CHECK_FALSE(hosts({"/.*/"}).contains(*adit::protocols::parse_host("10.0.0.1")));
    CHECK_FALSE(set.empty());
}

TEST_CASE("an expression covers an equal one and names that it matches, and nothing else for sure")
{
    CHECK(hosts({"/a./"}).covers(hosts({"/a./"})));
    CHECK(hosts({"/a./"}).covers(hosts({"ab"})));
    CHECK(hosts({"*"}).covers(hosts({"/a./"})));
    CHECK_FALSE(hosts({"/a./"}).covers(hosts({"/ab/"})));
    CHECK_FALSE(hosts({"/.*/"}).covers(hosts({"*"})));
    CHECK_FALSE(hosts({"*.example"}).covers(hosts({"/a\\.example/"})));
}
