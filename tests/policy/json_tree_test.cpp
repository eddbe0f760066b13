#include "policy/json_tree.hpp"

#include <string>

#include <doctest/doctest.h>

namespace adit::policy::json {
namespace {

Value tree(std::string_view text)
{
    auto parsed = parse(text);
    REQUIRE(parsed.has_value());
    return *std::move(parsed);
}

// "line:column: message", or "it parses".
std::string complaint(std::string_view text)
{
    const auto parsed = parse(text);
    if (parsed.has_value())
        return "it parses";
    const auto& error = parsed.error();
    return std::to_string(error.at.line) + ':' + std::to_string(error.at.column) + ": " +
           error.message;
}

TEST_CASE("every value and every key knows its line and column")
{
    const auto root = tree("{\n  \"a\": [1, \"two\",\n    true],\n\t\"b\": { \"c\": null }\n}\n");
    CHECK(root.at == Position{1, 1});
    REQUIRE(root.members.size() == 2);
    CHECK(root.members[0].at == Position{2, 3});
    const auto& list = root.members[0].value;
    CHECK(list.at == Position{2, 8});
    REQUIRE(list.items.size() == 3);
    CHECK(list.items[0].at == Position{2, 9});
    CHECK(list.items[1].at == Position{2, 12});
    CHECK(list.items[2].at == Position{3, 5});
    CHECK(root.members[1].at == Position{4, 2});
    CHECK(root.members[1].value.members[0].value.at == Position{4, 14});
}

TEST_CASE("columns count bytes, and comments and escapes do not disturb them")
{
    const auto root = tree("[ /* ü, ] */ \"\\\"]\\u00fc,\", // , ]\n \"ü\", 2]");
    REQUIRE(root.items.size() == 3);
    CHECK(root.items[0].at == Position{1, 15});
    CHECK(root.items[0].text == "\"]ü,");
    CHECK(root.items[1].at == Position{2, 2});
    CHECK(root.items[2].at == Position{2, 8});
}

TEST_CASE("a byte order mark and CRLF line ends are no obstacle")
{
    const auto root = tree("\xEF\xBB\xBF{\r\n  \"a\": 1\r\n}\r\n");
    CHECK(root.at == Position{1, 1});
    CHECK(root.members[0].at == Position{2, 3});
}

TEST_CASE("numbers keep the form they are written in")
{
    const auto root = tree("[1.50, -0, 1E3, 18446744073709551616]");
    CHECK(root.items[0].text == "1.50");
    CHECK(root.items[1].text == "-0");
    CHECK(root.items[2].text == "1E3");
    CHECK(root.items[3].text == "18446744073709551616");
}

TEST_CASE("a repeated key is kept and says where the key stood first")
{
    const auto root = tree("{ \"a\": 1,\n  \"b\": { \"a\": 2 },\n  \"a\": 3, \"a\": 4 }");
    REQUIRE(root.members.size() == 4);
    CHECK_FALSE(root.members[0].repeats.has_value());
    CHECK_FALSE(root.members[1].value.members[0].repeats.has_value());
    CHECK(root.members[2].repeats == Position{1, 3});
    CHECK(root.members[3].repeats == Position{1, 3});
    REQUIRE(root.find("a") != nullptr);
    CHECK(root.find("a")->text == "1");
    CHECK(root.find("c") == nullptr);
}

TEST_CASE("a comma behind the last item is fine, any other comma too many is not")
{
    CHECK(tree("[1,]").items.size() == 1);
    CHECK(tree("[1, // one\n]").items.size() == 1);
    CHECK(tree("{\"a\":{\"b\":[[],],},}").members.size() == 1);
    CHECK(tree("[\",]\",]").items[0].text == ",]");
    for (const auto* text : {"[,]", "{,}", "[1,,]", "[,1]", "[1],", "{\"a\":,}", ","}) {
        CAPTURE(text);
        CHECK(complaint(text) != "it parses");
    }
}

TEST_CASE("trailing commas are blanked without moving anything")
{
    CHECK(without_trailing_commas("[1, ]") == "[1  ]");
    CHECK(without_trailing_commas("[1,/*,]*/]") == "[1 /*,]*/]");
    CHECK(without_trailing_commas("[\",]\"]") == "[\",]\"]");
    CHECK(without_trailing_commas("[\"\\\",]\"]") == "[\"\\\",]\"]");
    CHECK(without_trailing_commas("[1,") == "[1,");
    CHECK(without_trailing_commas("") == "");
}

TEST_CASE("a syntax error is told where the text stops making sense")
{
    struct Example {
        std::string_view text;
        std::string_view place;
    };
    const Example examples[] = {
        {"{\"a\" 1}", "1:6: "},
        {"[1,,2]", "1:4: "},
        {"[1 2]", "1:4: "},
        {"{\"a\":1 \"b\":2}", "1:8: "},
        {"{\"a\":1]", "1:7: "},
        {"{} {}", "1:4: "},
        {"[1,]]", "1:5: "},
        {"[\n  1\n", "3:1: "},
        {"[\"open\n]", "1:2: "},
        {"[1, /* open", "1:5: "},
        {"[tru]", "1:2: "},
        {"[1e999]", "1:2: "},
        {"[\"\\ud800\"]", "1:2: "},
        {"[1, \"a\x01\"]", "1:5: "},
        {"\"x\" // end\n y", "2:2: "},
    };
    for (const auto& [text, place] : examples) {
        CAPTURE(text);
        CHECK(complaint(text).starts_with(place));
    }
}

TEST_CASE("a syntax error never repeats what strings hold")
{
    for (const auto* text :
         {"{\"alice\":\"hunter2\n\"}", "{\"alice\":\"hunter2", "{\"alice\":hunter2}",
          "{\"alice\" \"hunter2\"}", "[\"hunter2\\q\"]", "{\"alice\":\"a; expected hunter2\n\"}"}) {
        CAPTURE(text);
        CHECK(complaint(text).find("hunter2") == std::string::npos);
    }
}

TEST_CASE("text that is not UTF-8 is refused at its first bad byte")
{
    const std::string_view bad[] = {
        "\x80",              // a continuation alone
        "\xC0\xAF",          // overlong "/"
        "\xE0\x80\x80",      // overlong
        "\xED\xA0\x80",      // a surrogate
        "\xF4\x90\x80\x80",  // above U+10FFFF
        "\xFF",
        "\xE2\x82",  // cut short
    };
    for (const auto bytes : bad) {
        CHECK(complaint("[\"" + std::string{bytes} + "\"]").starts_with("1:3: this byte is not"));
        CHECK(complaint("[] // " + std::string{bytes}).starts_with("1:7: this byte is not"));
    }
    CHECK(complaint("[\"ü€😀\u07FF\uFFFF\"]") == "it parses");
    CHECK(complaint(std::string_view{"[]\0[]", 5}).starts_with("1:3: a NUL byte"));
}

TEST_CASE("values nest 64 deep and no deeper")
{
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    CHECK(complaint(nested(max_depth)) == "it parses");
    CHECK(complaint(nested(max_depth + 1)) == "1:65: nested deeper than 64 levels");
    CHECK(complaint(std::string(1'000'000, '[')) == "1:65: nested deeper than 64 levels");
}

TEST_CASE("an empty file is told so")
{
    for (const auto* text : {"", " \n", "// later", "/* a */ // b\n"})
        CHECK(complaint(text) == "1:1: the file holds nothing but blanks and comments");
}

}  // namespace
}  // namespace adit::policy::json
