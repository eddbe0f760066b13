#include "protocols/accept.hpp"

#include <doctest/doctest.h>

using namespace adit::protocols;

TEST_CASE("a refusal is told in JSON to who likes JSON better than plain text")
{
    for (const auto* accept : {
             "application/json",
             "Application/JSON",
             "application/json; charset=utf-8",
             "application/json, text/plain, */*",
             "application/json, */*;q=0.5",
             "*/*, application/json",
             "text/plain;q=0.5, application/json;q=0.9",
             "text/plain;q=0, application/*",
             "text/html,,application/json;q=1.000",
         }) {
        CAPTURE(accept);
        CHECK(preferred_form(accept) == BodyForm::json);
    }
}

TEST_CASE("a refusal is told in plain text to everyone else")
{
    for (const auto* accept : {
             "",
             "*/*",
             "text/html",
             "text/plain",
             "text/plain, application/json",
             "application/json;q=0",
             "application/json;q=0.4, text/plain;q=0.5",
             "application/json;q=0.5, */*",
             "application/jsonp",
             "application/json/",
             ",,;;q=;",
         }) {
        CAPTURE(accept);
        CHECK(preferred_form(accept) == BodyForm::text);
    }
}

TEST_CASE("a weight that is none makes its range count for nothing")
{
    for (const auto* accept :
         {"application/json;q=", "application/json;q=2", "application/json;q=1.5",
          "application/json;q=0.1234", "application/json;q=-1", "application/json;q=0x1"}) {
        CAPTURE(accept);
        CHECK(preferred_form(accept) == BodyForm::text);
    }
}
