// Days and hours as `when` writes them.
#include <array>

#include "policy/load_conditions.hpp"
#include "policy/suggest.hpp"

namespace adit::policy {

namespace {

constexpr std::array<Key, 3> window_keys{{{"days"}, {"hours"}, {"zone"}}};

std::uint8_t read_days(const Place& place, const Reader& reader)
{
    unsigned days = 0;
    reader.list(place, "days", [&](const Place& item) {
        const auto text = reader.text(item, "a day or days, like \"mon-fri\"");
        if (!text)
            return;
        const auto some = parse_days(*text);
        if (!some)
            reader.report().mistake(item, quoted(*text) +
                                              " is no day; write \"mon\", \"tue\", \"wed\", "
                                              "\"thu\", \"fri\", \"sat\", \"sun\", or days "
                                              "in a row, like \"mon-fri\"");
        days |= some.value_or(0U);
    });
    return static_cast<std::uint8_t>(days);
}

std::vector<Hours> read_hours(const Place& place, const Reader& reader)
{
    std::vector<Hours> hours;
    reader.list(place, "hours", [&](const Place& item) {
        const auto text = reader.text(item, "hours like \"08:00-18:00\"");
        if (!text)
            return;
        if (const auto some = parse_hours(*text))
            hours.push_back(*some);
        else
            reader.report().mistake(
                item, quoted(*text) +
                          " are no hours; write two times with a dash between, like "
                          "\"08:00-18:00\", \"22:00-06:00\" over midnight, or \"18:00-24:00\"");
    });
    return hours;
}

std::shared_ptr<const Zone> utc()
{
    static const auto zone = std::make_shared<const Zone>(Zone{"UTC", {Shift{}}});
    return zone;
}

std::shared_ptr<const Zone> read_zone(const Place& place, const Reader& reader, Vocabulary& names)
{
    const auto name = reader.text(place, "a time zone like \"Europe/Berlin\"");
    if (!name || *name == "UTC")
        return utc();
    auto& zone = names.zones[std::string{*name}];
    if (!zone && names.find_zone)
        if (auto found = names.find_zone(std::string{*name}); found && !found->shifts.empty())
            zone = std::make_shared<const Zone>(*std::move(found));
    if (zone)
        return zone;
    reader.report().mistake(place, "no time zone is called " + quoted(*name) +
                                       "; their names are those of the tz database, like "
                                       "\"Europe/Berlin\" or \"UTC\"");
    return utc();
}

void read_window(const Place& place, const Reader& reader, Vocabulary& names, Times& times)
{
    const auto before = reader.report().mistakes();
    const Fields fields{place, reader.report(), window_keys};
    if (!fields.is_object())
        return;
    const auto days = fields.find("days");
    const auto hours = fields.find("hours");
    if (!days && !hours && reader.report().mistakes() == before)
        reader.report().mistake(place,
                                "neither \"days\" nor \"hours\" is there, so this holds always; "
                                "name one of them");
    Window window;
    if (days)
        window.days = read_days(*days, reader);
    const auto zone = fields.find("zone");
    window.zone = zone ? read_zone(*zone, reader, names) : utc();
    if (!hours)
        return times.add(window);
    for (const auto& [from, to] : read_hours(*hours, reader)) {
        window.from = from;
        window.to = to;
        times.add(window);
    }
}

}  // namespace

Times read_times(const Place& place, const Reader& reader, Vocabulary& names)
{
    Times times;
    if (place.value->kind != json::Kind::array) {
        read_window(place, reader, names, times);
        return times;
    }
    reader.list(place, "times",
                [&](const Place& item) { read_window(item, reader, names, times); });
    return times;
}

}  // namespace adit::policy
