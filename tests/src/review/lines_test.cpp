#include "src/review/lines.hpp"

#include <cstdio>
#include <string>
#include <vector>

#include <unistd.h>

#include <doctest/doctest.h>

using namespace adit::review;

namespace {

// A file that is gone when the test ends.
class File {
public:
    explicit File(const std::string& text)
    {
        auto* file = std::fopen(path.c_str(), "wb");
        REQUIRE(file != nullptr);
        REQUIRE(std::fwrite(text.data(), 1, text.size(), file) == text.size());
        REQUIRE(std::fclose(file) == 0);
    }
    ~File() { (void)std::remove(path.c_str()); }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    const std::string path = "/tmp/adit-lines-test-" + std::to_string(::getpid());
};

std::vector<std::string> lines_of(const std::string& text)
{
    const File file{text};
    std::vector<std::string> lines;
    const auto count = for_each_line(file.path, [&](const Line& line) {
        lines.emplace_back(line.text);
        CHECK(line.number == lines.size());
        CHECK_FALSE(line.cut);
        return true;
    });
    REQUIRE(count.has_value());
    CHECK(*count == lines.size());
    return lines;
}

}  // namespace

TEST_CASE("a file is its lines, with or without a line feed behind the last one")
{
    using Lines = std::vector<std::string>;
    CHECK(lines_of("") == Lines{});
    CHECK(lines_of("a") == Lines{"a"});
    CHECK(lines_of("a\n") == Lines{"a"});
    CHECK(lines_of("\n\nb\r\n") == Lines{"", "", "b\r"});
    const std::string_view with_nul{"a\0b\nc", 5};
    CHECK(lines_of(std::string{with_nul}) == Lines{std::string{"a\0b", 3}, "c"});
}

TEST_CASE("lines that cross the edge of what is read at once are whole")
{
    std::string text;
    std::vector<std::string> expected;
    for (std::size_t i = 0; i < 3000; ++i) {
        expected.push_back(std::string(i % 700, static_cast<char>('a' + i % 26)));
        text += expected.back() + '\n';
    }
    CHECK(lines_of(text) == expected);
}

TEST_CASE("a line that is too long is cut and says so, and the next one is read as ever")
{
    const File file{std::string(longest_line + 5, 'x') + "\nnext\n"};
    std::vector<std::size_t> sizes;
    std::vector<bool> cut;
    const auto count = for_each_line(file.path, [&](const Line& line) {
        sizes.push_back(line.text.size());
        cut.push_back(line.cut);
        return true;
    });
    REQUIRE(count.has_value());
    CHECK(sizes == std::vector<std::size_t>{longest_line, 4});
    CHECK(cut == std::vector<bool>{true, false});
}

TEST_CASE("reading ends when it is told to, and a file that is not there says so")
{
    const File file{"a\nb\nc\n"};
    int seen = 0;
    const auto read = for_each_line(file.path, [&](const Line&) { return ++seen < 2; });
    REQUIRE(read.has_value());
    CHECK(*read == 2);
    CHECK(seen == 2);
    const auto nowhere = for_each_line("/nowhere/at/all", [](const Line&) { return true; });
    REQUIRE_FALSE(nowhere.has_value());
    CHECK(nowhere.error() == "read /nowhere/at/all: No such file or directory");
}
