#include "src/review/configuration_text.hpp"

#include <fmt/format.h>

#include "src/observe/json_text.hpp"

namespace adit::review {
namespace {

constexpr std::size_t longest_name = 100;  // the loader takes 128 bytes; a number may follow

std::string plain(std::string_view text, std::size_t most)
{
    std::string out;
    for (const char c : text.substr(0, most))
        out +=
            static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7f ? c : '?';
    return out;
}

}  // namespace

std::string quoted(std::string_view text)
{
    std::string out;
    observe::append_json_string(out, text);
    return out;
}

std::string quoted_list(std::span<const std::string> texts)
{
    std::string out = "[";
    for (const auto& text : texts) {
        if (&text != &texts.front())
            out += ", ";
        observe::append_json_string(out, text);
    }
    return out + ']';
}

std::string port_list(const std::set<std::uint16_t>& ports)
{
    std::string out = "[";
    for (auto port = ports.begin(); port != ports.end();) {
        const unsigned first = *port;
        unsigned last = first;
        for (++port; port != ports.end() && *port == last + 1; ++port)
            ++last;
        if (out.size() > 1)
            out += ", ";
        if (first == last)
            out += std::to_string(first);
        else if (first + 1 == last)
            out += fmt::format("{}, {}", first, last);
        else
            out += fmt::format("\"{}-{}\"", first, last);
    }
    return out + ']';
}

std::string in_comment(std::string_view text)
{
    return plain(text, text.size());
}

std::string RuleNames::unique(std::string_view wish)
{
    auto name = plain(wish, longest_name);
    if (name.empty() || name.front() == '@')
        name = "rule " + name;
    for (unsigned i = 2; !given_.insert(name).second; ++i)
        name = fmt::format("{} ({})", plain(wish, longest_name), i);
    return name;
}

}  // namespace adit::review
