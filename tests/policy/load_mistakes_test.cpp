#include <algorithm>
#include <vector>

#include "tests/policy/loading.hpp"

namespace adit::policy {
namespace {

namespace fs = std::filesystem;

const fs::path bad_files = fs::path{ADIT_SOURCE_DIR} / "tests/policy/bad";

std::vector<fs::path> configurations()
{
    std::vector<fs::path> paths;
    for (const auto& entry : fs::directory_iterator{bad_files})
        if (entry.path().extension() == ".json")
            paths.push_back(entry.path());
    std::ranges::sort(paths);
    return paths;
}

TEST_CASE("every mistake is told with its place, its path and its cure")
{
    const auto paths = configurations();
    CHECK(paths.size() >= 40);
    for (const auto& path : paths) {
        CAPTURE(path.filename().string());
        const auto result = load(contents(path));
        REQUIRE(result.has_error());
        CHECK(lines(result.error(), path.filename().string()) ==
              contents(fs::path{path}.replace_extension(".txt")));
    }
}

TEST_CASE("mistakes are told in the order of the file, and a syntax error alone")
{
    for (const auto& path : configurations()) {
        CAPTURE(path.filename().string());
        const auto result = load(contents(path));
        REQUIRE(result.has_error());
        const auto& mistakes = result.error();
        CHECK(std::ranges::is_sorted(mistakes, {}, [](const Mistake& mistake) {
            return std::pair{mistake.line, mistake.column};
        }));
        if (path.filename().string().starts_with("syntax-"))
            CHECK(mistakes.size() == 1);
    }
}

}  // namespace
}  // namespace adit::policy
