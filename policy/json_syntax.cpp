#include "policy/json_syntax.hpp"

namespace adit::policy::json {

namespace {

bool contains(std::string_view text, std::string_view part)
{
    return text.find(part) != std::string_view::npos;
}

bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

std::string_view expected(std::string_view reported)
{
    if (contains(reported, "; expected string literal"))
        return "a key in double quotes was expected";
    if (contains(reported, "; expected ':'"))
        return "a \":\" was expected between key and value";
    if (contains(reported, "; expected ']'"))
        return "a \",\" or \"]\" was expected";
    if (contains(reported, "; expected '}'"))
        return "a \",\" or \"}\" was expected";
    if (contains(reported, "; expected end of input"))
        return "the configuration was already complete; only one value may stand in a file";
    return "a value was expected";
}

// Inside a string: the parser's own words for what is wrong are constant text up to "; last read".
std::string explain_string(std::string_view reported)
{
    if (contains(reported, "must be escaped"))
        return "a string ends on the line it begins on; is a closing quote missing?";
    if (contains(reported, "missing closing quote"))
        return "this string is never closed";
    if (contains(reported, "forbidden character after backslash"))
        return "a backslash in a string is followed by one of \" \\ / b f n r t u";
    return "this string holds an escape that is not one";
}

}  // namespace

std::string explain_syntax_error(std::string_view rest, std::string_view reported)
{
    reported = reported.substr(0, reported.find("; last read: '"));
    if (rest.empty())
        return "the file ends too early: " + std::string{expected(reported)};
    if (contains(reported, "invalid string"))
        return explain_string(reported);
    if (contains(reported, "number overflow"))
        return "this number is too large";
    if (contains(reported, "invalid number"))
        return "this is not a number JSON knows";
    if (rest.starts_with("/*"))
        return "this comment is never closed";
    if (rest.front() == '\'')
        return "strings stand in double quotes";
    if (rest.front() == '#')
        return "a comment begins with // or stands between /* and */";
    if (contains(reported, "invalid literal") && is_letter(rest.front()))
        return "a word stands in double quotes, unless it is true, false or null";
    return "not valid JSON here: " + std::string{expected(reported)};
}

}  // namespace adit::policy::json
