#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include <doctest/doctest.h>

#include "policy/load.hpp"

namespace adit::policy {
namespace {

namespace fs = std::filesystem;

const fs::path bad_files = fs::path{ADIT_SOURCE_DIR} / "tests/policy/bad";

std::string contents(const fs::path& path)
{
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::vector<fs::path> configurations()
{
    std::vector<fs::path> paths;
    for (const auto& entry : fs::directory_iterator{bad_files})
        if (entry.path().extension() == ".json")
            paths.push_back(entry.path());
    std::ranges::sort(paths);
    return paths;
}

std::string complaints(const fs::path& path)
{
    const auto loaded = load(contents(path));
    if (loaded)
        return "it loads\n";
    std::string text;
    for (const auto& mistake : loaded.error())
        text += to_text(mistake, path.filename().string()) + "\n";
    return text;
}

TEST_CASE("every mistake is told with its place, its path and its cure")
{
    const auto paths = configurations();
    CHECK(paths.size() >= 40);
    for (const auto& path : paths) {
        CAPTURE(path.filename().string());
        CHECK(complaints(path) == contents(fs::path{path}.replace_extension(".txt")));
    }
}

TEST_CASE("mistakes are told in the order of the file, and a syntax error alone")
{
    for (const auto& path : configurations()) {
        CAPTURE(path.filename().string());
        const auto loaded = load(contents(path));
        REQUIRE(loaded.has_error());
        const auto& mistakes = loaded.error();
        CHECK(std::ranges::is_sorted(mistakes, {}, [](const Mistake& mistake) {
            return std::pair{mistake.line, mistake.column};
        }));
        if (path.filename().string().starts_with("syntax-"))
            CHECK(mistakes.size() == 1);
    }
}

}  // namespace
}  // namespace adit::policy
