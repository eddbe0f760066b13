#include "policy/load.hpp"

#include <fstream>
#include <iterator>

#include <doctest/doctest.h>

namespace adit::policy {
namespace {

std::string contents(const std::string& path)
{
    std::ifstream file{std::string{ADIT_SOURCE_DIR} + "/" + path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::string all_of(const Mistakes& mistakes)
{
    std::string text;
    for (const auto& mistake : mistakes)
        text += to_text(mistake, "file") + "\n";
    return text;
}

TEST_CASE("the default configuration loads without a warning")
{
    const auto loaded = load(contents("config/adit.json"));
    if (!loaded)
        FAIL(all_of(loaded.error()));
    CHECK(all_of(loaded->warnings) == "");
    REQUIRE(loaded->configuration.listeners.size() == 1);
    CHECK(to_text(loaded->configuration.listeners[0].endpoint) == "127.0.0.1:1080");
    REQUIRE(loaded->configuration.policy.rules().size() == 1);
    CHECK(loaded->configuration.policy.rules()[0].name == "web and ssh");
}

}  // namespace
}  // namespace adit::policy
