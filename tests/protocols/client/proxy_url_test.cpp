#include "protocols/client/proxy_url.hpp"

#include <string>

#include <doctest/doctest.h>

namespace adit::protocols::client {
namespace {

std::string read(std::string_view text)
{
    const auto url = parse_proxy_url(text);
    return url ? to_text(*url) : "mistake: " + url.error();
}

std::string login(std::string_view text)
{
    const auto url = parse_proxy_url(text);
    if (!url)
        return "mistake: " + url.error();
    if (!url->login)
        return "nobody";
    return url->login->user + " " + std::string{url->login->password.reveal()};
}

bool is_mistake(std::string_view text)
{
    return read(text).find("mistake: ") == 0;
}

TEST_CASE("every scheme of a proxy is understood, with the ports that curl assumes")
{
    CHECK(read("http://proxy.example") == "http://proxy.example:1080");
    CHECK(read("https://proxy.example") == "https://proxy.example:443");
    CHECK(read("socks4://10.0.0.1:9/") == "socks4://10.0.0.1:9");
    CHECK(read("socks4a://proxy.example:9") == "socks4a://proxy.example:9");
    CHECK(read("socks5://[::1]") == "socks5://[::1]:1080");
    CHECK(read("SOCKS5H://[2001:db8::1]:9/") == "socks5h://[2001:db8::1]:9");
    CHECK(read("proxy.example:3128") == "http://proxy.example:3128");
    CHECK(read("proxy") == "http://proxy:1080");
}

TEST_CASE("a unix socket is named by a path from the root")
{
    CHECK(read("unix:/run/adit.sock") == "unix:/run/adit.sock");
    CHECK(read("unix:///run/adit.sock") == "unix:/run/adit.sock");
    CHECK(read("unix:/run/a%20b") == "unix:/run/a b");
    for (const char* text :
         {"unix:", "unix:adit.sock", "unix://adit.sock", "unix:/a%0", "unix:/a%00b"})
        CHECK_MESSAGE(is_mistake(text), text);
}

TEST_CASE("the text of a unix socket's URL names the same socket when it is read again")
{
    for (const std::string path :
         {"/run/adit.sock", "/run/100%.sock", "/%41", "/a%25b", "/run/a b", "//run/adit.sock"}) {
        CAPTURE(path);
        const auto again = parse_proxy_url(to_text(ProxyUrl{Scheme::unix_socket, path, {}}));
        REQUIRE(again.has_value());
        CHECK(std::get<std::string>(again->where) == path);
    }
    CHECK(read("unix:/run/100%25.sock") == "unix:/run/100%25.sock");
}

TEST_CASE("the login of a URL is percent-decoded and never part of its text")
{
    CHECK(login("http://proxy") == "nobody");
    CHECK(login("http://alice:secret@proxy") == "alice secret");
    CHECK(login("http://alice@proxy") == "alice ");
    CHECK(login("socks5://a%3ab:%40%2F%25%c3%a9@proxy:1") == "a:b @/%\xc3\xa9");
    CHECK(login("alice:a:b@proxy:1") == "alice a:b");
    CHECK(read("http://alice:secret@proxy:1") == "http://proxy:1");
}

TEST_CASE("a mistake in the URL of a proxy is told without repeating what may be a password")
{
    for (const char* text : {"",
                             "http://",
                             "ftp://proxy",
                             "://proxy",
                             "http://proxy:0",
                             "http://proxy:65536",
                             "http://proxy:",
                             "http://proxy/path",
                             "http://proxy?x",
                             "http://proxy#x",
                             "http://a b",
                             "http://::1:9",
                             "http://[::1",
                             "http://[::1]9",
                             "http://127.1",
                             "http://@proxy",
                             "http://:hidden@proxy",
                             "http://u:hid%4den@proxy:",
                             "http://u:hidden%@proxy",
                             "http://u:hidden%zz@proxy",
                             "http://u:hid/den@proxy:1080",
                             "http://u:hidden#@proxy",
                             "http://u:hidden%0a@proxy",
                             "unix://proxy:9",
                             "socks6://u:hidden@proxy"}) {
        CHECK_MESSAGE(is_mistake(text), text);
        CHECK_MESSAGE(read(text).find("hid") == std::string::npos, text);
    }
}

TEST_CASE("a login in a file is user, colon, password, and nothing is encoded")
{
    const auto read_login = [](std::string_view text) {
        const auto login = parse_login(text);
        return login ? login->user + " " + std::string{login->password.reveal()} : "none";
    };
    CHECK(read_login("alice:secret") == "alice secret");
    CHECK(read_login("alice:a:%41 ") == "alice a:%41 ");
    CHECK(read_login("alice:") == "alice ");
    CHECK(read_login("alice") == "none");
    CHECK(read_login(":secret") == "none");
    CHECK(read_login("alice:sec\tret") == "none");
    CHECK(read_login("") == "none");
}

}  // namespace
}  // namespace adit::protocols::client
