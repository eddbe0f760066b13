// What a record that has been read tells of its requests.
#include <algorithm>
#include <array>

#include "src/review/access_line.hpp"

namespace adit::review {

std::size_t for_each_request(const AccessLine& line,
                             const std::function<void(const AccessLine&)>& each)
{
    if (line.target && line.protocol) {
        each(line);
        return 1;
    }
    if (line.protocol != protocols::Protocol::udp || line.destinations.empty())
        return 0;
    auto request = line;
    request.destinations.clear();
    request.other_destinations = 0;
    for (const auto& one : line.destinations) {
        request.target = one.target;
        request.address = one.address;
        request.verdict = one.verdict;
        request.rule = one.rule;
        request.reason = one.reason;
        each(request);
    }
    return line.destinations.size();
}

bool tells_pin(const AccessLine& line)
{
    // So ends only what was a tunnel, and what is pinned had been looked at by then; "stopped" may have
    // come before.
    constexpr std::array<std::string_view, 4> of_tunnels{"finished", "reset", "idle_timeout",
                                                         "policy_changed"};
    if (line.pinned || std::ranges::find(of_tunnels, line.ending) != of_tunnels.end())
        return true;
    // UDP, BIND and forwarded requests are held to nothing, however they end.
    return !line.protocol || !can_carry(*line.protocol, policy::InnerProtocol::tls);
}

}  // namespace adit::review
