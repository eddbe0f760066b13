#include "protocols/ssh_banner.hpp"

#include <algorithm>

namespace adit::protocols {

namespace {

constexpr std::string_view beginning = "SSH-2.0-";

// Software is printable and without white space; many clients write a minus there all the same.
// Comments have no more rules than to hold no NUL; a control character in them would only be a
// trick on whoever prints it.
bool is_identification(std::string_view line)
{
    const auto software = line.substr(beginning.size(), line.find(' ') - beginning.size());
    return !software.empty() && std::ranges::all_of(line, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte >= 0x20 && byte != 0x7f;
    });
}

}  // namespace

Step<std::monostate> read_ssh_identification(Bytes in)
{
    const auto text = as_text(in);
    const auto compared = std::min(text.size(), beginning.size());
    if (text.substr(0, compared) != beginning.substr(0, compared))
        return Malformed{Fault::not_ssh};
    const auto end = text.substr(0, max_ssh_identification).find('\n');
    if (end == std::string_view::npos) {
        if (text.size() >= max_ssh_identification)
            return Malformed{Fault::bad_ssh_identification};
        return NeedMore{};
    }
    if (text[end - 1] != '\r' || !is_identification(text.substr(0, end - 1)))
        return Malformed{Fault::bad_ssh_identification};
    return Done<std::monostate>{{}, end + 1};
}

std::size_t SshServerLines::take(Bytes in)
{
    std::size_t count = 0;
    while (count < in.size() && !over()) {
        const auto byte = in[count++];
        ++taken_;
        if (byte == '\n') {
            identified_ = matched_ == mark.size();
            matched_ = 0;
            is_other_ = false;
        } else if (!is_other_ && matched_ < mark.size()) {
            if (byte == static_cast<std::uint8_t>(mark[matched_]))
                ++matched_;
            else
                is_other_ = true;
        }
    }
    return count;
}

}  // namespace adit::protocols
