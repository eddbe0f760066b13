#include "protocols/client/proxy_status.hpp"

#include <doctest/doctest.h>

namespace adit::protocols::client {
namespace {

bool is_nothing(std::string_view field)
{
    return !parse_proxy_status(field).has_value();
}

TEST_CASE("Proxy-Status tells the error, and Adit's rule and request id with it")
{
    const ProxyStatus told{"http_request_denied", "", "a \"b\" \\c", "ctaf2zhs11xy1"};
    CHECK(parse_proxy_status("adit; error=http_request_denied; rule=\"a \\\"b\\\" \\\\c\"; "
                             "request-id=\"ctaf2zhs11xy1\"") == told);
    CHECK(parse_proxy_status("adit;error=dns_error;details=\"no such name\"") ==
          ProxyStatus{"dns_error", "no such name", "", ""});
}

TEST_CASE("of several proxies the nearest that failed is heard")
{
    CHECK(parse_proxy_status("far; error=dns_error, near; error=connection_refused")->error ==
          "connection_refused");
    CHECK(
        parse_proxy_status("far; error=dns_error , near; next-hop=\"a:1\"; received-status=502; x")
            ->error == "dns_error");
    CHECK(parse_proxy_status("\"a, b; c\"; error=dns_timeout")->error == "dns_timeout");
}

TEST_CASE("a Proxy-Status without an error, or not well-formed, says nothing")
{
    for (const char* field :
         {"", "adit", "adit; next-hop=x", "adit; error=", "adit; error=\"open", "adit; error=x,",
          "adit; error=x y", "; error=x", "adit; =x", "adit; error=\"a\\x\"",
          "adit; error=\"\x7f\"", "adit; error=x, (a b)", "adit; Error=x"})
        CHECK_MESSAGE(is_nothing(field), field);
}

}  // namespace
}  // namespace adit::protocols::client
