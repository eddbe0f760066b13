#include "src/platform/time_zones.hpp"

#include <stdexcept>

#include <date/tz.h>

namespace adit::platform {

std::optional<policy::Zone> find_zone(const std::string& name)
{
    using std::chrono::sys_days;
    const std::chrono::sys_seconds end{sys_days{std::chrono::year{2100} / 1 / 1}};
    policy::Zone zone{name, {}};
    try {
        const auto* found = date::locate_zone(name);
        for (std::chrono::sys_seconds moment{}; moment < end;) {
            const auto info = found->get_info(moment);
            if (zone.shifts.empty() || zone.shifts.back().ahead != info.offset)
                zone.shifts.push_back({moment, info.offset});
            if (info.end <= moment)
                break;
            moment = info.end;
        }
    } catch (const std::runtime_error&) {
        return std::nullopt;
    }
    return zone;
}

}  // namespace adit::platform
