// When a rule holds: days of the week and hours of the day in a time zone. A zone is its shifts as
// plain values, found out when the policy is loaded; nothing here reads a clock or a file.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace adit::policy {

using std::chrono::sys_seconds;

// How far the clocks of a place are ahead of UTC, and since when.
struct Shift {
    sys_seconds from;
    std::chrono::seconds ahead{};
};

// In the order of time, at least one; the first holds for all time before it as well.
struct Zone {
    std::string name;  // "Europe/Berlin"
    std::vector<Shift> shifts;

    std::chrono::seconds ahead_at(sys_seconds moment) const;
};

// One window: on these days, from one minute of the day up to another and not including it.
struct Window {
    std::uint8_t days = 0x7F;  // bit n: n days after Sunday
    // In minutes from local midnight. `to` may be 24:00. When it is not above `from` the window runs
    // over midnight and belongs to the day on which it begins.
    std::chrono::minutes from{0};
    std::chrono::minutes to{1440};
    std::shared_ptr<const Zone> zone;

    bool holds(sys_seconds moment) const;
};

// Any of several windows.
class Times {
public:
    void add(const Window& window) { windows_.push_back(window); }
    bool hold(sys_seconds moment) const;
    // The first moment after this one at which they begin or cease to hold; none within fifteen days
    // means never: a week may pass without a change where clocks skip what a window holds.
    std::optional<sys_seconds> next_change(sys_seconds moment) const;
    const std::vector<Window>& windows() const { return windows_; }

private:
    std::vector<Window> windows_;
};

// "mon-fri 08:00-18:00 Europe/Berlin"; several with "or" between them.
std::string to_text(const Times& times);

// "mon", or "mon-fri" and "fri-mon" as bits of Window::days. Empty for anything else.
std::optional<std::uint8_t> parse_days(std::string_view text);

// "08:00-18:00", "22:00-06:00", "00:00-24:00": the hours of a window on every day. Empty for anything
// else, and where both are the same.
struct Hours {
    std::chrono::minutes from{};
    std::chrono::minutes to{};
};
std::optional<Hours> parse_hours(std::string_view text);

}  // namespace adit::policy
