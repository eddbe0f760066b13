#include "policy/reader.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>
#include <utility>

#include "policy/control_characters.hpp"
#include "policy/duration.hpp"
#include "policy/suggest.hpp"

namespace adit::policy {

namespace {

// A key as it stands in a path: bare when it reads well, otherwise ["in quotes"].
std::string step(std::string_view path, std::string_view key)
{
    const bool plain = !key.empty() && std::ranges::all_of(key, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '$';
    });
    std::string result{path};
    if (!plain)
        return result + '[' + quoted(key) + ']';
    if (!result.empty())
        result += '.';
    return result += key;
}

void in_file_order(std::vector<Mistake>& mistakes)
{
    std::ranges::stable_sort(mistakes, {}, [](const Mistake& mistake) {
        return std::tuple{std::string_view{mistake.file}, mistake.line, mistake.column};
    });
    // A file that is named in two places says the same twice.
    const auto is_repeat = [](const Mistake& one, const Mistake& other) {
        return !one.file.empty() && one.file == other.file && one.line == other.line &&
               one.column == other.column && one.message == other.message;
    };
    mistakes.erase(std::unique(mistakes.begin(), mistakes.end(), is_repeat), mistakes.end());
}

std::string file_of(const Place& place)
{
    return place.file == nullptr ? std::string{} : place.file->path;
}

Mistake located(const Place& place, std::string message)
{
    if (place.value == nullptr)
        return {0, 0, place.path, std::move(message)};
    const auto [line, column] = place.value->at;
    return {line, column, place.path, std::move(message), file_of(place)};
}

std::string repeated(std::string_view key, json::Position first)
{
    return quoted(key) + " stands here twice; it first stands in line " +
           std::to_string(first.line) + ", column " + std::to_string(first.column);
}

// The system takes a path up to its first NUL: it would be another file's.
std::string wrong_with_path(std::string_view written)
{
    if (written.empty())
        return "a file's path is never empty";
    if (holds_control_character(written))
        return quoted(written) + " holds a control character, and a file's path holds none";
    return {};
}

}  // namespace

Place Place::item(std::size_t index) const
{
    return {&value->items[index], path + '[' + std::to_string(index) + ']', file};
}

Place Place::member(const json::Member& member) const
{
    return {&member.value, step(path, member.key), file};
}

void Report::mistake(const Place& place, std::string message)
{
    mistakes_.push_back(located(place, std::move(message)));
}

void Report::mistake_at(json::Position at, const Place& place, std::string message)
{
    mistakes_.push_back({at.line, at.column, place.path, std::move(message), file_of(place)});
}

void Report::mistake_in(const SourceFile& file, json::Position at, std::string message)
{
    mistakes_.push_back({at.line, at.column, {}, std::move(message), file.path});
}

void Report::warning_in(const SourceFile& file, json::Position at, std::string message)
{
    warnings_.push_back({at.line, at.column, {}, std::move(message), file.path});
}

void Report::warning(const Place& place, std::string message)
{
    warnings_.push_back(located(place, std::move(message)));
}

Mistakes Report::take_mistakes()
{
    in_file_order(mistakes_);
    return std::move(mistakes_);
}

std::vector<Mistake> Report::take_warnings()
{
    in_file_order(warnings_);
    return std::move(warnings_);
}

Fields::Fields(const Place& place, Report& report, std::span<const Key> known)
    : place_{place}, report_{&report}, is_object_{place.value->kind == json::Kind::object}
{
    if (!is_object_) {
        report.mistake(place, wrong_type("an object", *place.value));
        return;
    }
    std::vector<std::string_view> names;
    for (const auto& key : known)
        if (key.later.empty())
            names.push_back(key.name);

    for (const auto& member : place.value->members) {
        const auto entry = place.member(member);
        const auto key = std::ranges::find(known, std::string_view{member.key}, &Key::name);
        if (key == known.end())
            report.mistake_at(
                member.at, entry,
                "unknown key " + quoted(member.key) + did_you_mean(member.key, names));
        else if (!key->later.empty())
            report.mistake_at(member.at, entry, "not yet: " + std::string{key->later});
        if (member.repeats)
            report.mistake_at(member.at, entry, repeated(member.key, *member.repeats));
    }
}

std::optional<Place> Fields::find(std::string_view key) const
{
    if (is_object_)
        for (const auto& member : place_.value->members)
            if (member.key == key)
                return place_.member(member);
    return std::nullopt;
}

std::optional<Place> Fields::require(std::string_view key, std::string_view cure) const
{
    auto found = find(key);
    if (!found && is_object_)
        report_->mistake(place_, quoted(key) + " is missing; " + std::string{cure});
    return found;
}

bool Reader::is(const Place& place, json::Kind kind, std::string_view expected) const
{
    if (place.value->kind == kind)
        return true;
    report_->mistake(place, wrong_type(expected, *place.value));
    return false;
}

std::optional<std::string_view> Reader::text(const Place& place, std::string_view expected) const
{
    if (!is(place, json::Kind::string, expected))
        return std::nullopt;
    return place.value->text;
}

std::optional<bool> Reader::boolean(const Place& place) const
{
    if (!is(place, json::Kind::boolean, "true or false"))
        return std::nullopt;
    return place.value->boolean;
}

std::optional<unsigned> Reader::whole(const Place& place, unsigned least, unsigned most) const
{
    const auto range =
        "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
    if (!is(place, json::Kind::number, range))
        return std::nullopt;
    const auto& digits = place.value->text;
    unsigned number = 0;
    const auto end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, number);
    if (read.ec == std::errc{} && read.ptr == end && number >= least && number <= most)
        return number;
    report_->mistake(place, digits.substr(0, 40) + " is not " + range);
    return std::nullopt;
}

std::optional<std::size_t> Reader::word(const Place& place,
                                        std::span<const std::string_view> words) const
{
    const auto choice = alternatives(words);
    const auto given = text(place, choice);
    if (!given)
        return std::nullopt;
    const auto found = std::ranges::find(words, *given);
    if (found != words.end())
        return static_cast<std::size_t>(found - words.begin());
    report_->mistake(place, quoted(*given) + " is not " + choice + did_you_mean(*given, words));
    return std::nullopt;
}

std::optional<std::chrono::milliseconds> Reader::duration(const Place& place,
                                                          std::chrono::milliseconds least,
                                                          std::chrono::milliseconds most) const
{
    const auto given = text(place, "a duration with its unit, like \"10s\"");
    if (!given)
        return std::nullopt;
    const auto length = parse_duration(*given);
    if (!length) {
        report_->mistake(place, quoted(*given) +
                                    " is not a duration; write a whole number and a "
                                    "unit: ms, s, m, h or d, like \"10s\"");
        return std::nullopt;
    }
    if (*length >= least && *length <= most)
        return length;
    report_->mistake(place, quoted(*given) + " is out of range: it lies from " + to_text(least) +
                                " to " + to_text(most));
    return std::nullopt;
}

void Reader::list(const Place& place, std::string_view of,
                  const std::function<void(const Place&)>& each) const
{
    const auto expected = "a list of " + std::string{of};
    if (!is(place, json::Kind::array, expected))
        return;
    if (place.value->items.empty())
        report_->mistake(place, "an empty list of " + std::string{of} +
                                    " is taken neither for none nor for all; name some, or take "
                                    "the key out");
    for (std::size_t i = 0; i < place.value->items.size(); ++i)
        each(place.item(i));
}

void Reader::map(const Place& place, std::string_view of,
                 const std::function<void(const Place&, const json::Member&)>& each) const
{
    if (!is(place, json::Kind::object, "an object of " + std::string{of}))
        return;
    for (const auto& member : place.value->members) {
        const auto entry = place.member(member);
        if (member.repeats)
            report_->mistake_at(member.at, entry, repeated(member.key, *member.repeats));
        else
            each(entry, member);
    }
}

const SourceFile* Reader::file(const Place& place, std::string_view written) const
{
    if (auto wrong = wrong_with_path(written); !wrong.empty()) {
        report_->mistake(place, std::move(wrong));
        return nullptr;
    }
    const auto& file = files_->open(written);
    if (file.failure.empty()) {
        const auto bad = json::find_bad_byte(file.text);
        if (!bad)
            return &file;
        report_->mistake_in(file, json::Lines{file.text}.at(bad->offset), bad->message);
        return nullptr;
    }
    report_->mistake(place, "cannot read " + quoted(written) + ": " + file.failure);
    return nullptr;
}

std::string wrong_type(std::string_view expected, const json::Value& found)
{
    return "expected " + std::string{expected} + ", found " + std::string{json::describe(found)};
}

}  // namespace adit::policy
