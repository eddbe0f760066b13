#include <string>

#include "protocols/http_head.hpp"

#include <doctest/doctest.h>

namespace adit::protocols {
namespace {

using namespace std::string_literals;

TEST_CASE("a status line is read strictly")
{
    for (const auto* line :
         {"HTTP/1.1 200 OK", "HTTP/1.1 200 ", "HTTP/1.1 200", "HTTP/1.0 599 x y"})
        CHECK(HttpResponseReader{}.read(as_bytes(line + "\r\n\r\n"s)).index() == 1);
    for (const auto* line :
         {"", "HTTP/1.1 200OK", "HTTP/1.1  200 OK", "HTTP/1.1 20 OK", "HTTP/1.1 099 x",
          "HTTP/1.1 600 x", "HTTP/1.1 +20 x", "HTTP/2 200", "HTTP/1.2 200 OK", "http/1.1 200 OK",
          "ICY 200 OK", "HTTP/1.1\t200 OK", "HTTP/1.1 200\tOK", "HTTP/1.1 200 O\rK"}) {
        CAPTURE(line);
        CHECK(HttpResponseReader{}.read(as_bytes(line + "\r\n\r\n"s)).index() == 2);
    }
    CHECK(HttpResponseReader{}.read(as_bytes("HTTP/1.1 200 OK\n\n")).index() == 2);
    CHECK(HttpResponseReader{}.read(as_bytes("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n")).index() ==
          2);
    CHECK(HttpResponseReader{}.read(as_bytes("HTTP/1.1 200 OK\r\nA : b\r\n\r\n")).index() == 2);
}

}  // namespace
}  // namespace adit::protocols
