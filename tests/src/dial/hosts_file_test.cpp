#include "src/dial/hosts_file.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>
#include <unistd.h>

#include "tests/support/descriptor_shortage.hpp"

namespace adit::dial {
namespace {

using namespace std::chrono_literals;

std::string addresses_of(const HostsTable& table, const std::string& name)
{
    std::string text;
    if (const auto found = table.find(name); found != table.end())
        for (const auto& address : found->second)
            text += (text.empty() ? "" : " ") + address.to_string();
    return text;
}

// A file in a directory of its own, gone when the test is.
class TemporaryFile {
public:
    TemporaryFile()
    {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "adit-hosts-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        directory_ = pattern;
    }
    ~TemporaryFile() { std::filesystem::remove_all(directory_); }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    std::string path() const { return (directory_ / "hosts").string(); }
    void write(const std::string& text) const { std::ofstream{path()} << text; }
    void remove() const { std::filesystem::remove(path()); }

private:
    std::filesystem::path directory_;
};

const auto db = *Domain::parse("db.corp");

}  // namespace

TEST_CASE("a hosts file is read as hosts(5) describes it")
{
    struct Example {
        const char* text;
        const char* name;
        const char* addresses;
    };
    const Example examples[] = {
        {"10.0.0.1 db", "db", "10.0.0.1"},
        {"10.0.0.1\tdb\n", "db", "10.0.0.1"},
        {"  10.0.0.1   db   db.corp  \n", "db.corp", "10.0.0.1"},
        {"10.0.0.1 db\r\n", "db", "10.0.0.1"},
        {"10.0.0.1 DB.Corp.", "db.corp", "10.0.0.1"},
        {"10.0.0.1 db # the old one", "db", "10.0.0.1"},
        {"10.0.0.1 db#the old one", "db", "10.0.0.1"},
        {"10.0.0.1 db # other", "other", ""},
        {"# 10.0.0.1 db", "db", ""},
        {"10.0.0.1 db\n10.0.0.2 db\n", "db", "10.0.0.1 10.0.0.2"},
        {"10.0.0.1 db\n10.0.0.1 db\n", "db", "10.0.0.1"},
        {"2001:db8::1 db\n10.0.0.1 db", "db", "2001:db8::1 10.0.0.1"},
        {"::ffff:10.0.0.1 db", "db", "10.0.0.1"},
        {"fe80::1%eth0 db", "db", ""},
        {"127.1 db", "db", ""},
        {"10.0.0.1 d_b", "d_b", "10.0.0.1"},
        {"10.0.0.1 d/b fine", "fine", "10.0.0.1"},
        {"10.0.0.1", "10.0.0.1", ""},
        {"", "db", ""},
        {"\n\n\n", "db", ""},
        {"nonsense\n10.0.0.1 db", "db", "10.0.0.1"},
    };
    for (const auto& example : examples) {
        CAPTURE(example.text);
        CHECK(addresses_of(parse_hosts(example.text), example.name) == example.addresses);
    }
}

TEST_CASE("a hosts file that changes is read again, but looked at once a second at most")
{
    const TemporaryFile file;
    file.write("10.0.0.1 db.corp\n");
    HostsFile hosts{file.path()};
    const std::chrono::steady_clock::time_point start{1h};

    REQUIRE(hosts.find(db, start) != nullptr);
    CHECK(hosts.find(db, start)->front().to_string() == "10.0.0.1");

    file.write("10.0.0.22 db.corp\n");
    CHECK(hosts.find(db, start + 999ms)->front().to_string() == "10.0.0.1");
    CHECK(hosts.find(db, start + 1s)->front().to_string() == "10.0.0.22");

    file.remove();
    CHECK(hosts.find(db, start + 2s) == nullptr);
    file.write("10.0.0.3 db.corp\n");
    CHECK(hosts.find(db, start + 3s)->front().to_string() == "10.0.0.3");
}

TEST_CASE("a hosts file that is missing names nothing")
{
    const TemporaryFile file;
    HostsFile hosts{file.path()};
    CHECK(hosts.find(db, {}) == nullptr);
}

TEST_CASE("a hosts file that cannot be read now keeps its names, and is read again a second later")
{
    const TemporaryFile file;
    file.write("10.0.0.1 db.corp\n");
    HostsFile hosts{file.path()};
    const std::chrono::steady_clock::time_point start{1h};
    {
        const tests::DescriptorShortage shortage;
        CHECK(hosts.find(db, start) == nullptr);
    }
    REQUIRE(hosts.find(db, start + 1s) != nullptr);

    file.write("10.0.0.22 db.corp\n");
    {
        const tests::DescriptorShortage shortage;
        REQUIRE(hosts.find(db, start + 2s) != nullptr);
        CHECK(hosts.find(db, start + 2s)->front().to_string() == "10.0.0.1");
    }
    REQUIRE(hosts.find(db, start + 3s) != nullptr);
    CHECK(hosts.find(db, start + 3s)->front().to_string() == "10.0.0.22");
}

}  // namespace adit::dial
