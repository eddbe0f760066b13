#include "policy/suggest.hpp"

#include <array>
#include <string>

#include <doctest/doctest.h>

namespace adit::policy {
namespace {

constexpr std::array<std::string_view, 6> keys{"ports",        "hosts", "networks",
                                               "idle_timeout", "login", "log"};

TEST_CASE("a slip of the fingers finds the word that was meant")
{
    CHECK(closest("port", keys) == "ports");
    CHECK(closest("prots", keys) == "ports");
    CHECK(closest("Hosts", keys) == "hosts");
    CHECK(closest("netwroks", keys) == "networks");
    CHECK(closest("idle", keys) == "idle_timeout");
    CHECK(closest("idel_timeout", keys) == "idle_timeout");
}

TEST_CASE("a different word is not taken for a slip")
{
    CHECK(closest("frobnicate", keys).empty());
    CHECK(closest("x", keys).empty());
    CHECK(closest("", keys).empty());
    CHECK(closest(std::string(10'000, 'p'), keys).empty());
    CHECK(closest("ports", {}).empty());
    CHECK(did_you_mean("frobnicate", keys).empty());
}

TEST_CASE("a suggestion is quoted, with its mark in front")
{
    CHECK(did_you_mean("port", keys) == "; did you mean \"ports\"?");
    CHECK(did_you_mean("port", keys, "@") == "; did you mean \"@ports\"?");
}

TEST_CASE("repeated text is escaped, bounded and cuts no character in two")
{
    CHECK(quoted("a\"b\n\x1b[31m") == "\"a\"b\\u000a\\u001b[31m\"");
    CHECK(quoted(std::string(81, 'a')) == '"' + std::string(80, 'a') + "...\"");
    CHECK(quoted(std::string(79, 'a') + "ü") == '"' + std::string(79, 'a') + "...\"");
}

TEST_CASE("alternatives read like a sentence")
{
    CHECK(alternatives(std::array<std::string_view, 1>{"a"}) == "\"a\"");
    CHECK(alternatives(std::array<std::string_view, 3>{"a", "b", "c"}) == "\"a\", \"b\" or \"c\"");
}

}  // namespace
}  // namespace adit::policy
