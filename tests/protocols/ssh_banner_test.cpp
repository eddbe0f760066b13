#include "protocols/ssh_banner.hpp"

#include <string>

#include "tests/protocols/ways.hpp"

namespace adit::protocols {
namespace {

using testing::ExactBytes;
using testing::try_parser;
using namespace std::string_literals;

std::string heard(const std::string& bytes)
{
    const auto step = try_parser(read_ssh_identification, bytes);
    if (const auto* malformed = std::get_if<Malformed>(&step))
        return std::string{words(malformed->fault)};
    if (const auto* done = std::get_if<Done<std::monostate>>(&step))
        return "line of " + std::to_string(done->consumed);
    return "more";
}

std::string fault(Fault expected)
{
    return std::string{words(expected)};
}

TEST_CASE("an SSH client begins with its identification, split at any byte or not")
{
    CHECK(heard("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n") == "line of 40");
    CHECK(heard("SSH-2.0-PuTTY_Release_0.78\r\n") == "line of 28");
    CHECK(heard("SSH-2.0-JSCH-0.1.54\r\n") == "line of 21");
    CHECK(heard("SSH-2.0-Go\r\n") == "line of 12");
    CHECK(heard("SSH-2.0-x and a comment\r\n") == "line of 25");
}

TEST_CASE("what does not begin with SSH-2.0 is something else, from its first wrong byte on")
{
    for (const auto* bytes : {"GET / HTTP/1.1\r\n", "\x16\3\1", "SSH-1.5-old\r\n", "SSH-1.99-x\r\n",
                              "ssh-2.0-x\r\n", "SSH-2.0 x\r\n", "\r\nSSH-2.0-x\r\n", "SSX"}) {
        CAPTURE(bytes);
        CHECK(heard(bytes) == fault(Fault::not_ssh));
    }
    CHECK(heard("") == "more");
    CHECK(heard("SSH-2.0") == "more");
}

TEST_CASE("an identification line is printable, names its software and ends with CR LF")
{
    const auto bad = fault(Fault::bad_ssh_identification);
    CHECK(heard("SSH-2.0-\r\n") == bad);
    CHECK(heard("SSH-2.0- comment\r\n") == bad);
    CHECK(heard("SSH-2.0-x\n") == bad);
    CHECK(heard("SSH-2.0-x\0y\r\n"s) == bad);
    CHECK(heard("SSH-2.0-x\ty\r\n") == bad);
    CHECK(heard("SSH-2.0-x\x1b[2J\r\n") == bad);
    CHECK(heard("SSH-2.0-x\ry\r\n") == bad);
}

TEST_CASE("an identification line has at most 255 bytes, its end included")
{
    const auto line = [](std::size_t size) {
        return "SSH-2.0-" + std::string(size - 10, 'x') + "\r\n";
    };
    CHECK(heard(line(255)) == "line of 255");
    CHECK(heard(line(256)) == fault(Fault::bad_ssh_identification));
    CHECK(heard("SSH-2.0-" + std::string(300, 'x')) == fault(Fault::bad_ssh_identification));
}

// How many of these bytes belong to the lines, whole and byte by byte.
std::size_t lines_of(const std::string& bytes)
{
    SshServerLines whole;
    const auto count = whole.take(ExactBytes{bytes});
    CHECK((whole.over() || count == bytes.size()));
    SshServerLines pieces;
    std::size_t sum = 0;
    for (const char c : bytes)
        sum += pieces.take(ExactBytes{std::string(1, c)});
    CHECK(sum == count);
    CHECK(pieces.over() == whole.over());
    return count;
}

TEST_CASE("a server's lines end with its identification, and what follows is none of them")
{
    CHECK(lines_of("SSH-2.0-OpenSSH_9.2p1\r\n\0\0\5\0rest"s) == 23);
    CHECK(lines_of("Welcome\r\nto SSH-2.0-x\r\nSSH-2.0-x\r\nrest") == 34);
    CHECK(lines_of("\r\n\nSSH-1.99-x\nrest") == 14);
    CHECK(lines_of("SSHSSH-x\r\nSSH-\r\nrest") == 16);
    CHECK(lines_of("SSH-2.0-OpenSSH") == 15);
    CHECK(lines_of("SSH\nSSH-x\nrest") == 10);
}

TEST_CASE("a server that never says its identification gets 8 KiB through and no more")
{
    CHECK(lines_of(std::string(9000, 'x')) == 8192);
    CHECK(lines_of(std::string(9000, '\n')) == 8192);
    CHECK(lines_of(std::string(8188, '\n') + "SSH-2.0-x\r\n") == 8192);
    SshServerLines lines;
    CHECK_FALSE(lines.over());
    CHECK(lines.take(ExactBytes{std::string(8192, 'x')}) == 8192);
    CHECK(lines.over());
    CHECK(lines.take(ExactBytes{"x"}) == 0);
}

}  // namespace
}  // namespace adit::protocols
