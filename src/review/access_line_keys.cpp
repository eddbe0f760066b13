#include "src/review/access_line_keys.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace adit::review {

namespace {

constexpr std::array<std::pair<std::string_view, Key>, 23> keys{{
    {"v", Key::v},
    {"time", Key::time},
    {"id", Key::id},
    {"listener", Key::listener},
    {"protocol", Key::protocol},
    {"client", Key::client},
    {"uid", Key::uid},
    {"user", Key::user},
    {"host", Key::host},
    {"port", Key::port},
    {"policy", Key::policy},
    {"resolved", Key::resolved},
    {"address", Key::address},
    {"verdict", Key::verdict},
    {"rule", Key::rule},
    {"reason", Key::reason},
    {"near", Key::near},
    {"ending", Key::ending},
    {"udp", Key::udp},
    {"destinations", Key::destinations},
    {"others", Key::others},
    {"inner", Key::inner},
    {"pinned", Key::pinned},
}};

}  // namespace

Key key_of(std::string_view name)
{
    const auto* found = std::ranges::find(keys, name, &decltype(keys)::value_type::first);
    return found == keys.end() ? Key::other : found->second;
}

std::string_view name_of(Key key)
{
    const auto* found = std::ranges::find(keys, key, &decltype(keys)::value_type::second);
    return found == keys.end() ? std::string_view{} : found->first;
}

bool belongs(Key key, In in)
{
    switch (in) {
        case In::record:
            return key != Key::destinations && key != Key::others && key != Key::pinned;
        case In::resolved_item:
            return key == Key::address || key == Key::verdict || key == Key::rule;
        case In::udp:
            return key == Key::destinations || key == Key::others;
        case In::destination:
            return key == Key::host || key == Key::port || key == Key::address ||
                   key == Key::verdict || key == Key::rule || key == Key::reason;
        case In::others:
            return key == Key::destinations;
        case In::inner:
            return key == Key::pinned;
        default:
            return false;
    }
}

std::optional<protocols::Address> address_of_endpoint(std::string_view text)
{
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos)
        return std::nullopt;
    auto host = text.substr(0, colon);
    const bool brackets = host.starts_with('[') && host.ends_with(']');
    if (brackets)
        host = host.substr(1, host.size() - 2);
    // A link-local client comes with a zone, which no rule asks for.
    const auto address = protocols::parse_address(host.substr(0, host.find('%')));
    if (!address || brackets != (host.find(':') != std::string_view::npos))
        return std::nullopt;
    return *address;
}

}  // namespace adit::review
