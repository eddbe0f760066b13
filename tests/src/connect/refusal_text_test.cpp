#include "src/connect/refusal_text.hpp"

#include <string>

#include <doctest/doctest.h>

namespace adit::connect {
namespace {

using protocols::client::Refused;

std::string told(const Refused& refused)
{
    return refusal_text(refused, "http://127.0.0.1:1080", "example.com:25");
}

TEST_CASE("a refusal tells who refused what, and why, with the request id")
{
    Refused refused;
    refused.reason = "403 Forbidden";
    CHECK(told(refused) == "http://127.0.0.1:1080 refused example.com:25: 403 Forbidden");
    refused.error = "http_request_denied";
    refused.rule = "no mail";
    refused.request_id = "ctaf2zhs11xy1";
    refused.text = "Refused: by policy.\r\n\nAsk.\n";
    CHECK(told(refused) ==
          "http://127.0.0.1:1080 refused example.com:25: 403 Forbidden (http_request_denied; rule "
          "no mail; request ctaf2zhs11xy1)\n  Refused: by policy.\n  Ask.");
}

TEST_CASE("a refusal for want of a login says how to give one")
{
    Refused refused;
    refused.why = Refused::Why::login_needed;
    CHECK(told(refused).find("--login-file") != std::string::npos);
    refused.why = Refused::Why::login_failed;
    CHECK(told(refused).find("check the user name") != std::string::npos);
}

TEST_CASE("what a proxy says cannot command the terminal, nor fill it")
{
    Refused refused;
    refused.reason = "403 \x1b[2J\x9b";
    refused.request_id = std::string(5000, 'x');
    for (int i = 0; i < 500; ++i)
        refused.text += "line\x1b]0;x\a\n";
    const auto text = told(refused);
    CHECK(text.find_first_of("\x1b\x9b\a") == std::string::npos);
    CHECK(text.size() < 2000);
}

}  // namespace
}  // namespace adit::connect
