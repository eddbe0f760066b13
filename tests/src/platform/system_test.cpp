#include "src/platform/system.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/descriptor_shortage.hpp"

using namespace adit;

TEST_CASE("a file is read whole, and one that cannot be read says why")
{
    const auto path =
        std::filesystem::temp_directory_path() / ("adit-system-test-" + std::to_string(::getpid()));
    std::ofstream{path} << std::string(200'000, 'x') << "end";
    const auto text = platform::read_file(path);
    REQUIRE(text.has_value());
    CHECK(text->size() == 200'003);
    CHECK(text->ends_with("xend"));

    ::chmod(path.c_str(), 0644);
    CHECK(platform::others_can_read(path));
    ::chmod(path.c_str(), 0640);
    CHECK_FALSE(platform::others_can_read(path));
    std::filesystem::remove(path);

    const auto missing = platform::read_file(path);
    REQUIRE_FALSE(missing.has_value());
    CHECK(missing.error() == "open " + path.string() + ": No such file or directory");
    CHECK_FALSE(platform::read_file("/").has_value());
}

TEST_CASE("a file that need not exist reads as empty without it, but not when it cannot be opened")
{
    const auto missing = platform::read_file_if_any("/dev/null/none");
    REQUIRE(missing.has_value());
    CHECK(missing->empty());
    CHECK(platform::read_file_if_any("/no such file").has_value());
    CHECK_FALSE(platform::read_file_if_any("/").has_value());
    const tests::DescriptorShortage shortage;
    const auto shut = platform::read_file_if_any("/dev/null");
    REQUIRE_FALSE(shut.has_value());
    CHECK(shut.error() == "open /dev/null: Too many open files");
}

TEST_CASE("the short hash is what sha256sum prints, cut to twelve digits")
{
    CHECK(platform::short_hash("") == "e3b0c44298fc");
    CHECK(platform::short_hash("abc") == "ba7816bf8f01");
}

TEST_CASE("there is a core to run on, and an own address is never loopback")
{
    CHECK(platform::usable_cores() >= 1);
    const auto own = platform::own_addresses();
    REQUIRE(own.has_value());
    CHECK(
        std::none_of(own->begin(), own->end(), [](const auto& one) { return one.is_loopback(); }));
    CHECK(std::is_sorted(own->begin(), own->end()));
}

TEST_CASE("own addresses that cannot be asked for are a failure, not an empty list")
{
    const tests::DescriptorShortage shortage;
    const auto own = platform::own_addresses();
    REQUIRE_FALSE(own.has_value());
    CHECK(own.error() == "read this machine's own addresses: Too many open files");
}

TEST_CASE("the descriptor limit can be raised to the hard limit again and again")
{
    const auto limit = platform::raise_descriptor_limit();
    CHECK(limit > 0);
    CHECK(platform::raise_descriptor_limit() == limit);
}
