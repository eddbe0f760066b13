#include "src/connect/refusal_text.hpp"

namespace adit::connect {
namespace {

using protocols::client::Refused;

constexpr std::size_t most_lines = 12;
constexpr std::size_t longest_line = 300;

// One line of printable ASCII; a terminal obeys some of what else may come.
std::string harmless(std::string_view text)
{
    std::string line;
    for (const char c : text.substr(0, longest_line))
        line += c >= 0x20 && c < 0x7f ? c : '?';
    return line;
}

void add_part(std::string& parts, std::string_view name, std::string_view value)
{
    if (value.empty())
        return;
    parts += parts.empty() ? "" : "; ";
    parts.append(name).append(harmless(value));
}

std::string indented(std::string_view text)
{
    std::string lines;
    for (std::size_t count = 0; !text.empty() && count < most_lines; ++count) {
        const auto end = text.find('\n');
        auto line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (!line.empty() && line.back() == '\r')
            line.remove_suffix(1);
        if (!line.empty())
            lines += "\n  " + harmless(line);
    }
    return lines;
}

std::string_view advice(const Refused& refused)
{
    switch (refused.why) {
        case Refused::Why::login_needed:
            return "\n  Give a login: in the URL, with --login-file, or in ADIT_USER and "
                   "ADIT_PASSWORD.";
        case Refused::Why::login_failed:
            return "\n  The login was not accepted; check the user name and the password.";
        case Refused::Why::other:
            break;
    }
    return "";
}

}  // namespace

std::string refusal_text(const Refused& refused, std::string_view proxy, std::string_view target)
{
    std::string text{proxy};
    text.append(" refused ").append(target).append(": ") += harmless(refused.reason);
    std::string parts;
    add_part(parts, "", refused.error);
    add_part(parts, "rule ", refused.rule);
    add_part(parts, "request ", refused.request_id);
    if (!parts.empty())
        text += " (" + parts + ")";
    text += indented(refused.text);
    text += advice(refused);
    return text;
}

}  // namespace adit::connect
