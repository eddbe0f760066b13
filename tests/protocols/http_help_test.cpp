#include "protocols/http_help.hpp"

#include <string>

#include "tests/protocols/ways.hpp"

namespace adit::protocols {
namespace {

using namespace std::string_literals;

Result<std::string, Fault> page(const std::string& line, const std::string& fields)
{
    const auto step = HttpHeadReader{}.read(as_bytes(line + " HTTP/1.1\r\n" + fields + "\r\n"));
    REQUIRE(step.index() == 1);
    return help_page(std::get<1>(step).value);
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
         {"curl -x http://proxy.example:1080 ", "nc -X connect -x proxy.example:1080 %h %p",
          "http.proxy http://proxy.example:1080\n", "http://proxy.example:1080/proxy.pac"})
        CHECK(holds(answer, line));
    CHECK(holds(page("GET /?x", "Host: 10.0.0.1\r\n"), "http://10.0.0.1:80 "));
    CHECK(holds(page("GET /", "Host: [::1]\r\n"), "http://[::1]:80 "));
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
