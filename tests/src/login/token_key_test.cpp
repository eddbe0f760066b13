#include "src/login/token_key.hpp"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

using namespace adit::login;

namespace {

class Folder {
public:
    Folder()
    {
        std::string name = std::filesystem::temp_directory_path() / "adit-key-XXXXXX";
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::string file(std::string_view content, ::mode_t mode = 0600) const
    {
        const auto path = path_ / "key";
        std::ofstream{path, std::ios::binary} << content;
        REQUIRE(::chmod(path.c_str(), mode) == 0);
        return path;
    }
    std::string path(const char* name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

const std::string good(32, 'k');

}  // namespace

TEST_CASE("a new key is for its owner alone, is read again, and is never the same")
{
    const Folder folder;
    REQUIRE(make_token_key(folder.path("one")).has_value());
    REQUIRE(make_token_key(folder.path("two")).has_value());
    struct stat status {};
    REQUIRE(::stat(folder.path("one").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0600);
    const auto one = read_token_key(folder.path("one"));
    const auto two = read_token_key(folder.path("two"));
    REQUIRE(one.has_value());
    REQUIRE(two.has_value());
    CHECK(one->reveal().size() == 64);
    CHECK(one->reveal().find_first_not_of("0123456789abcdef") == std::string_view::npos);
    CHECK(one->reveal() != two->reveal());
}

TEST_CASE("a file that exists is never made a new key")
{
    const Folder folder;
    const auto path = folder.file(good);
    const auto made = make_token_key(path);
    REQUIRE(made.has_error());
    CHECK(made.error() == "write the key " + path + ": File exists");
    CHECK(read_token_key(path)->reveal() == good);
}

TEST_CASE("white space at the end of a key is an editor's, not the key's")
{
    const Folder folder;
    CHECK(read_token_key(folder.file(good + "\r\n\n"))->reveal() == good);
    CHECK(read_token_key(folder.file(" " + good))->reveal() == " " + good);
}

TEST_CASE("a FIFO in the key's place is refused, and nothing waits for its writer")
{
    const Folder folder;
    REQUIRE(::mkfifo(folder.path("fifo").c_str(), 0600) == 0);
    const auto read = read_token_key(folder.path("fifo"));
    REQUIRE(read.has_error());
    CHECK(read.error() == "read " + folder.path("fifo") + ": it is no regular file");
}

TEST_CASE("a control character in the key's path is no short cut to another file")
{
    const Folder folder;
    const auto path = folder.file(good);
    REQUIRE(read_token_key(path).has_value());
    for (const std::string_view end : {std::string_view{"\0.old", 5}, std::string_view{"\n"}}) {
        const auto read = read_token_key(path + std::string{end});
        REQUIRE(read.has_error());
        CHECK(read.error().find("holds a control character") != std::string::npos);
    }
}

TEST_CASE("a key that is short, missing, or readable by everyone is refused")
{
    const Folder folder;
    const auto complaint = [](const std::string& path) {
        const auto read = read_token_key(path);
        REQUIRE(read.has_error());
        return read.error();
    };
    CHECK(complaint(folder.path("none")).find("No such file") != std::string::npos);
    const auto told = complaint(folder.file(std::string(31, 'k') + "\n"));
    CHECK(told.find("it has 31 bytes, and a key has at least 32") != std::string::npos);
    CHECK(told.find("kkk") == std::string::npos);
    CHECK(complaint(folder.file("")).find("it has 0 bytes") != std::string::npos);
    CHECK(complaint(folder.file(good, 0644)).find("everyone on this machine") != std::string::npos);
    CHECK(read_token_key(folder.file(good, 0640)).has_value());  // a group that was given it
}
