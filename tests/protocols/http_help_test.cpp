#include "protocols/http_help.hpp"

#include <string>

#include "tests/protocols/ways.hpp"

namespace adit::protocols {
namespace {

using namespace std::string_literals;

HttpOffer everything()
{
    HttpOffer offer{true, true, true};
    offer.socks5 = true;
    offer.socks4 = true;
    return offer;
}

Result<std::string, Fault> page(const std::string& line, const std::string& fields,
                                const HttpOffer& offer = everything())
{
    const auto step = HttpHeadReader{}.read(as_bytes(line + " HTTP/1.1\r\n" + fields + "\r\n"));
    REQUIRE(step.index() == 1);
    return help_page(std::get<1>(step).value, offer);
}

Fault fault_of(const std::string& line, const std::string& fields)
{
    const auto answer = page(line, fields);
    REQUIRE_FALSE(answer);
    return answer.error();
}

bool holds(const Result<std::string, Fault>& answer, const std::string& part)
{
    return answer && answer->find(part) != std::string::npos;
}

const auto host = "Host: Proxy.example:1080\r\n"s;

TEST_CASE(
    "a GET of / tells in plain text how to use the gateway, by the name the client has for it")
{
    const auto answer = page("GET /", host + "Accept: */*\r\n");
    CHECK(holds(answer, "HTTP/1.1 200 OK\r\nContent-Type: text/plain"));
    for (const auto* line :
         {"curl -x http://proxy.example:1080 https:", "curl -x socks5h://proxy.example:1080 https:",
          "'adit connect --proxy http://proxy.example:1080 %h %p' ",
          "'nc -X connect -x proxy.example:1080 %h %p' ", "http.proxy http://proxy.example:1080\n",
          "http://proxy.example:1080/proxy.pac"})
        CHECK(holds(answer, line));
    CHECK(holds(page("GET /?x", "Host: 10.0.0.1\r\n"), "http://10.0.0.1:80 "));
    CHECK(holds(page("GET /", "Host: [::1]\r\n"), "http://[::1]:80 "));
}

std::string usage(const HttpOffer& offer)
{
    const auto answer = page("GET /", host, offer);
    REQUIRE(answer);
    return answer->substr(answer->find("\r\n\r\n"));
}

bool says(const std::string& text, std::string_view part)
{
    return text.find(part) != std::string::npos;
}

TEST_CASE("only what a listener offers is told")
{
    HttpOffer offer{true, false, true};
    auto text = usage(offer);
    CHECK(says(text, "curl -x http://proxy.example:1080 https://example.com/"));
    CHECK(says(text, "export https_proxy=http://proxy.example:1080\n"));
    CHECK(says(text, "adit connect --proxy http://"));
    for (const auto* other : {"socks", " http_proxy", "user:password"})
        CHECK_FALSE(says(text, other));

    offer = {false, true, true};
    text = usage(offer);
    CHECK(says(text, "curl -x http://proxy.example:1080 http://example.com/"));
    CHECK(says(text, "export http_proxy=http://proxy.example:1080\n"));
    for (const auto* other : {"ssh", "https", "git", "socks"})
        CHECK_FALSE(says(text, other));
    CHECK(says(text, "--proxy-server=http=http://"));

    offer.socks4 = true;
    text = usage(offer);
    CHECK(says(text, "adit connect --proxy socks4a://proxy.example:1080 %h %p"));
    CHECK_FALSE(says(text, "nc "));
    offer.socks5 = true;
    text = usage(offer);
    CHECK(says(text, "adit connect --proxy socks5h://proxy.example:1080 %h %p"));
    CHECK(says(text, "nc -X 5 -x proxy.example:1080 %h %p"));
}

TEST_CASE("where a login is required each line has its place for it")
{
    auto offer = everything();
    offer.login = Login::required;
    const auto text = usage(offer);
    for (const auto* line :
         {"curl -x http://user:password@proxy.example:1080 ",
          "curl -x socks5h://user:password@proxy.example:1080 ",
          "adit connect --proxy http://proxy.example:1080 --login-file ~/.config/adit/login %h %p",
          "http.proxy http://user:password@proxy.example:1080\n",
          "https_proxy=http://user:password@proxy.example:1080 ", "\nuser:password stands for"})
        CHECK(says(text, line));
    CHECK_FALSE(says(text, "nc "));

    offer.login = Login::optional;
    CHECK(says(usage(offer), "With a login, write user:password@ before"));
    CHECK(says(usage(offer), "curl -x http://proxy.example:1080 "));
    offer.login = Login::none;
    CHECK_FALSE(says(usage(offer), "password"));
}

TEST_CASE(
    "inside TLS every line begins with https, and SOCKS, which clients speak in plain text, is "
    "left out")
{
    auto offer = everything();
    offer.tls = true;
    const auto text = usage(offer);
    for (const auto* line :
         {"curl -x https://proxy.example:1080 ", "adit connect --proxy https://proxy.example:1080 ",
          "http.proxy https://proxy.example:1080\n", "--proxy-server=https://proxy.example:1080\n",
          " http_proxy=https://proxy.example:1080 ", "https://proxy.example:1080/proxy.pac\n"})
        CHECK(says(text, line));
    for (const auto* other : {"socks", "nc ", "http://"})
        CHECK_FALSE(says(text, other));
    CHECK(holds(page("GET /", "Host: proxy.example\r\n", offer), "https://proxy.example:443 "));
    CHECK(holds(page("GET /proxy.pac", host, offer), "return \"HTTPS proxy.example:1080\";"));
}

TEST_CASE("at a unix socket the lines name its path, and there is nothing for browsers")
{
    auto offer = everything();
    offer.socket = "/run/adit.sock";
    auto text = usage(offer);
    CHECK(says(text, "curl -x socks5h://localhost/run/adit.sock https://example.com/\n"));
    CHECK(says(text, "'adit connect --proxy unix:/run/adit.sock %h %p' user@host\n"));
    for (const auto* other : {"proxy.example", "Chrome", "Firefox", "nc ", "git", "export"})
        CHECK_FALSE(says(text, other));
    CHECK(page("GET /proxy.pac", host, offer).error() == Fault::no_such_page);

    offer.login = Login::required;
    text = usage(offer);
    CHECK(says(text, "socks5h://user:password@localhost/run/adit.sock "));
    CHECK(says(text, "unix:/run/adit.sock --login-file "));
}

TEST_CASE("a unix socket's path that a shell or a page would read otherwise is not repeated")
{
    auto offer = everything();
    for (const auto* path : {"", "/run/a b", "/run/a'b", "/run/<b>", "/run/a%41", "/run/$x"}) {
        offer.socket = path;
        CHECK(says(usage(offer), "unix:/path/of/this/socket %h %p"));
    }
}

TEST_CASE("browsers get the same in HTML")
{
    const auto answer = page("GET /", host + "Accept: text/html,application/xhtml+xml;q=0.9\r\n");
    CHECK(holds(answer, "Content-Type: text/html"));
    CHECK(holds(answer, "curl -x http://proxy.example:1080"));
}

TEST_CASE("GET /proxy.pac gives a proxy auto-configuration file")
{
    const auto answer = page("GET /proxy.pac", host);
    CHECK(holds(answer, "Content-Type: application/x-ns-proxy-autoconfig\r\n"));
    CHECK(holds(answer, "return \"PROXY proxy.example:1080\";"));
}

TEST_CASE("what a listener does not serve goes past it")
{
    HttpOffer offer{true, false, true};
    auto answer = page("GET /proxy.pac", host, offer);
    CHECK(holds(answer, "if (url.substring(0, 5) === \"http:\") return \"DIRECT\";\n"));
    CHECK(holds(page("GET /", host, offer), "--proxy-server=https=http://proxy.example:1080"));
    offer = {false, true, true};
    answer = page("GET /proxy.pac", host, offer);
    CHECK(holds(answer, "if (url.substring(0, 5) !== \"http:\") return \"DIRECT\";\n"));
    CHECK(holds(page("GET /", host, offer), "--proxy-server=http=http://proxy.example:1080"));
    CHECK_FALSE(holds(page("GET /proxy.pac", host), "url.substring"));
}

TEST_CASE("a HEAD gets the fields alone, and every answer its length")
{
    for (const auto* path : {"/", "/proxy.pac"}) {
        const auto whole = page("GET "s + path, host);
        const auto fields = page("HEAD "s + path, host);
        REQUIRE(whole);
        REQUIRE(fields);
        CHECK(whole->substr(0, fields->size()) == *fields);
        CHECK(holds(fields, "Content-Length: " + std::to_string(whole->size() - fields->size())));
    }
}

TEST_CASE("a Host that is none never reaches a page")
{
    for (const auto* bad :
         {"Host: a\"b\r\n", "Host: <script>\r\n", "Host: a;b\r\n", "Host: a b\r\n", "Host:\r\n",
          "Host: a:99999\r\n", "Host: a:b\r\n", "Host: user@a\r\n", "Host: 127.1\r\n"})
        for (const auto* path : {"GET /", "GET /proxy.pac"}) {
            CAPTURE(bad);
            CHECK_FALSE(page(path, bad));
        }
    CHECK(fault_of("GET /", "") == Fault::host_missing);
    CHECK(fault_of("GET /", host + host) == Fault::host_repeated);
}

TEST_CASE("other pages do not exist, and none takes anything but GET and HEAD")
{
    for (const auto* path : {"/favicon.ico", "//", "/proxy.pac/", "/Proxy.pac", "/../"})
        CHECK(fault_of("GET "s + path, host) == Fault::no_such_page);
    CHECK(fault_of("POST /", host) == Fault::page_method);
    CHECK(fault_of("OPTIONS /proxy.pac", host) == Fault::page_method);
    CHECK(fault_of("GET /", host + "Content-Length: 5\r\n") == Fault::body_not_allowed);
    CHECK(fault_of("GET /", host + "Content-Length: 5, 5\r\n") == Fault::bad_framing);
}

}  // namespace
}  // namespace adit::protocols
