#include "src/observe/json_text.hpp"

#include <doctest/doctest.h>

namespace {

std::string quoted(std::string_view text)
{
    std::string out;
    adit::observe::append_json_string(out, text);
    return out;
}

}  // namespace

TEST_CASE("hostile text becomes one harmless JSON string")
{
    using namespace std::string_view_literals;
    CHECK(quoted("plain text 123") == R"("plain text 123")");
    CHECK(quoted("") == R"("")");
    CHECK(quoted("a\"b\\c") == R"("a\"b\\c")");
    CHECK(quoted("a\r\nb\tc") == R"("a\r\nb\tc")");
    CHECK(quoted("\0\x01\x1b\x7f"sv) == R"("\u0000\u0001\u001b\u007f")");
    CHECK(quoted("{\"v\":1}\n{") == R"("{\"v\":1}\n{")");
}

TEST_CASE("well-formed UTF-8 stays and everything else becomes U+FFFD")
{
    const std::string replacement = "\xEF\xBF\xBD";
    CHECK(quoted("gr\xC3\xBC\xC3\x9F") == "\"gr\xC3\xBC\xC3\x9F\"");
    CHECK(quoted("\xE2\x82\xAC \xF0\x9F\x9A\x87") == "\"\xE2\x82\xAC \xF0\x9F\x9A\x87\"");
    CHECK(quoted("\xFF") == '"' + replacement + '"');
    CHECK(quoted("\xC3") == '"' + replacement + '"');                    // cut off
    CHECK(quoted("\xC0\x80") == '"' + replacement + replacement + '"');  // overlong NUL
    CHECK(quoted("\xE0\x80\x80") == '"' + replacement + replacement + replacement + '"');
    CHECK(quoted("\xED\xA0\x80") ==
          '"' + replacement + replacement + replacement + '"');  // surrogate
    CHECK(quoted("\xF4\x90\x80\x80") ==
          '"' + replacement + replacement + replacement + replacement + '"');  // above U+10FFFF
}
