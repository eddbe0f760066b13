#include "src/observe/access_log.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <optional>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

using adit::observe::AccessLog;
using adit::observe::Log;
using adit::policy::WhenFull;

namespace {

class TemporaryFolder {
public:
    TemporaryFolder() : path_{::mkdtemp(name_.data())} {}
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    std::string operator/(const char* file) const { return path_ / file; }

private:
    std::string name_ = std::filesystem::temp_directory_path() / "adit-test-XXXXXX";
    std::filesystem::path path_;
};

std::string content(const std::string& path)
{
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

// Files end at `size` bytes while this lives, as they do on a full disk.
class FullDisk {
public:
    explicit FullDisk(rlim_t size) : signal_{std::signal(SIGXFSZ, SIG_IGN)}
    {
        REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
        const rlimit now{size, before_.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_FSIZE, &now) == 0);
    }
    ~FullDisk()
    {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, signal_);
    }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;

private:
    void (*signal_)(int);
    rlimit before_{};
};

const Log quiet{adit::policy::LogLevel::error};

}  // namespace

TEST_CASE("every record that was written stands in the file when the log has closed")
{
    const TemporaryFolder folder;
    const auto path = folder / "access.jsonl";
    constexpr int writers = 4;
    constexpr int lines = 20'000;
    const std::string line = "{\"v\":1,\"id\":\"0123456789abc\"}\n";
    {
        AccessLog log{quiet};
        REQUIRE(log.open(path).empty());
        std::vector<std::thread> threads;
        for (int i = 0; i < writers; ++i)
            threads.emplace_back([&] {
                for (int n = 0; n < lines; ++n)
                    log.write(line);
            });
        for (auto& thread : threads)
            thread.join();
    }
    CHECK(content(path).size() == line.size() * writers * lines);

    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0007U) == 0);
}

TEST_CASE("a file that was moved away is left alone once the log was opened again")
{
    const TemporaryFolder folder;
    const auto path = folder / "access.jsonl";
    const auto old = folder / "access.jsonl.1";
    {
        AccessLog log{quiet};
        REQUIRE(log.open(path).empty());
        log.write("first\n");
        std::filesystem::rename(path, old);
        REQUIRE(log.open(path).empty());
        log.write("second\n");
    }
    // The change-over comes with the next batch, so the first line is in one of the two, and nothing is lost.
    CHECK((content(old) == "first\n" || content(old).empty()));
    CHECK(content(old) + content(path) == "first\nsecond\n");
}

TEST_CASE("a log that cannot be opened says why and the old one stays")
{
    const TemporaryFolder folder;
    const auto path = folder / "access.jsonl";
    {
        AccessLog log{quiet};
        REQUIRE(log.open(path).empty());
        const auto why = log.open(folder / "no such folder/access.jsonl");
        CHECK(why.find("cannot open the access log") != std::string::npos);
        CHECK(why.find("No such file or directory") != std::string::npos);
        CHECK_FALSE(log.is_off());
        log.write("kept\n");
    }
    CHECK(content(path) == "kept\n");
}

TEST_CASE("a named pipe that nobody reads is refused, not waited for")
{
    const TemporaryFolder folder;
    const auto path = folder / "pipe";
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    AccessLog log{quiet};
    CHECK(log.open(path).find("cannot open the access log") != std::string::npos);
}

TEST_CASE("a log that is off takes nothing")
{
    AccessLog log{quiet};
    REQUIRE(log.open("off").empty());
    CHECK(log.is_off());
}

TEST_CASE("a record that a full disk cut short does not swallow the next one")
{
    const TemporaryFolder folder;
    const auto path = folder / "access.jsonl";
    constexpr std::size_t size = 4 << 20;  // far more than this program says elsewhere meanwhile
    std::ofstream{path}.close();
    std::filesystem::resize_file(path, size);
    {
        AccessLog log{quiet};
        REQUIRE(log.open(path).empty());
        {
            const FullDisk disk{size + 8};
            log.write("first\n");
            log.write("second\n");
            log.flush();  // the writer has met the end of the disk
        }
        log.write("third\n");
    }
    const auto written = content(path).substr(size);
    CHECK(written.starts_with("first\nse"));
    CHECK(written.ends_with("\nthird\n"));
}

namespace {

constexpr std::size_t more_than_fits = 40'000;  // lines of 100 bytes: some 4 MB, of which the pipe,
                                                // the writer and the queue take about 2 MB
const std::string long_line = std::string(99, 'x') + "\n";

// A named pipe whose reader reads only when it is told to: until then the writer is held.
class HeldPipe {
public:
    HeldPipe()
    {
        REQUIRE(::mkfifo(path().c_str(), 0600) == 0);
        reader_ = ::open(path().c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        REQUIRE(reader_ >= 0);
    }
    ~HeldPipe() { ::close(reader_); }
    HeldPipe(const HeldPipe&) = delete;
    HeldPipe& operator=(const HeldPipe&) = delete;

    std::string path() const { return folder_ / "pipe"; }

    // The lines that come until nobody writes any more.
    std::size_t read_lines() const
    {
        std::size_t lines = 0;
        std::array<char, 65536> piece;
        for (;;) {
            pollfd ready{reader_, POLLIN, 0};
            REQUIRE(::poll(&ready, 1, -1) == 1);
            const auto count = ::read(reader_, piece.data(), piece.size());
            if (count <= 0)
                return lines;
            lines += static_cast<std::size_t>(std::count(piece.data(), piece.data() + count, '\n'));
        }
    }

private:
    TemporaryFolder folder_;
    int reader_ = -1;
};

void write_more_than_fits(AccessLog& log)
{
    for (std::size_t i = 0; i < more_than_fits; ++i)
        log.write(long_line);
}

}  // namespace

TEST_CASE("a full log that drops keeps nobody waiting, and counts what it drops")
{
    const HeldPipe pipe;
    std::optional<AccessLog> log{quiet};
    REQUIRE(log->open(pipe.path(), WhenFull::drop).empty());
    write_more_than_fits(*log);  // with nobody reading
    const auto dropped = log->losses().dropped;
    CHECK(dropped > 0);
    CHECK(dropped < more_than_fits);
    CHECK(log->losses().refused == 0);

    auto read = std::async(std::launch::async, [&] { return pipe.read_lines(); });
    log->flush();
    log->write(long_line);  // there is room again
    log.reset();
    CHECK(read.get() == more_than_fits - dropped + 1);
}

TEST_CASE("a full log that blocks makes its writers wait and loses nothing")
{
    const HeldPipe pipe;
    std::optional<AccessLog> log{quiet};
    REQUIRE(log->open(pipe.path(), WhenFull::block).empty());
    auto written = std::async(std::launch::async, [&] { write_more_than_fits(*log); });
    CHECK(written.wait_for(std::chrono::milliseconds{200}) == std::future_status::timeout);

    auto read = std::async(std::launch::async, [&] { return pipe.read_lines(); });
    written.get();
    CHECK(log->losses().dropped == 0);
    log.reset();
    CHECK(read.get() == more_than_fits);
}

TEST_CASE("a log that is told to drop lets go of who waits for room")
{
    const HeldPipe pipe;
    std::optional<AccessLog> log{quiet};
    REQUIRE(log->open(pipe.path(), WhenFull::block).empty());
    auto written = std::async(std::launch::async, [&] { write_more_than_fits(*log); });
    REQUIRE(log->open(pipe.path(), WhenFull::drop).empty());
    written.get();  // with nobody reading
    const auto dropped = log->losses().dropped;
    CHECK(dropped > 0);

    auto read = std::async(std::launch::async, [&] { return pipe.read_lines(); });
    log.reset();
    CHECK(read.get() == more_than_fits - dropped);
}

TEST_CASE("records that a full disk refuses are counted")
{
    const TemporaryFolder folder;
    const auto path = folder / "access.jsonl";
    constexpr std::size_t size = 4 << 20;
    std::ofstream{path}.close();
    std::filesystem::resize_file(path, size);
    AccessLog log{quiet};
    REQUIRE(log.open(path).empty());
    const FullDisk disk{size};
    log.write("first\n");
    log.write("second\n");
    log.flush();
    CHECK(log.losses().refused == 2);
    CHECK(log.losses().dropped == 0);
}
