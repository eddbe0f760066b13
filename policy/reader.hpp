// Typed access to a parsed configuration. Every question that the file answers wrongly becomes a
// mistake with its place, and reading goes on: one run tells all mistakes.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/json_tree.hpp"
#include "policy/load.hpp"

namespace adit::policy {

// A value of the file and the path that leads to it. Without a value the place is outside the file
// and the path says where, like "--listen".
struct Place {
    const json::Value* value = nullptr;
    std::string path;
    const SourceFile* file = nullptr;  // null: the configuration itself

    Place item(std::size_t index) const;
    Place member(const json::Member& member) const;
};

// What is wrong and what is doubtful, collected while reading.
class Report {
public:
    void mistake(const Place& place, std::string message);
    // At a key: `place` is what it leads to.
    void mistake_at(json::Position at, const Place& place, std::string message);
    // In a file of lines.
    void mistake_in(const SourceFile& file, json::Position at, std::string message);
    void warning_in(const SourceFile& file, json::Position at, std::string message);
    void warning(const Place& place, std::string message);

    bool failed() const { return !mistakes_.empty(); }
    std::size_t mistakes() const { return mistakes_.size(); }
    // Both in the order of each file, the configuration itself first.
    Mistakes take_mistakes();
    std::vector<Mistake> take_warnings();

private:
    Mistakes mistakes_;
    std::vector<Mistake> warnings_;
};

// A key that an object may have. `later` is what to say of one that is planned but not built.
struct Key {
    std::string_view name;
    std::string_view later = {};
};

// The members of one object. Making it reports what is no object, unknown keys, keys of later
// versions and keys that stand twice.
class Fields {
public:
    Fields(const Place& place, Report& report, std::span<const Key> known);
    std::optional<Place> find(std::string_view key) const;
    // Reports when the key is missing; `cure` says what to write.
    std::optional<Place> require(std::string_view key, std::string_view cure) const;
    bool is_object() const { return is_object_; }

private:
    Place place_;
    Report* report_;
    bool is_object_ = false;
};

// Each answer is empty after a mistake, which is then in the report.
class Reader {
public:
    Reader(Report& report, SourceFiles& files) : report_{&report}, files_{&files} {}

    bool is(const Place& place, json::Kind kind, std::string_view expected) const;
    std::optional<std::string_view> text(const Place& place, std::string_view expected) const;
    std::optional<bool> boolean(const Place& place) const;
    std::optional<unsigned> whole(const Place& place, unsigned least, unsigned most) const;
    // One of these words; the index into them.
    std::optional<std::size_t> word(const Place& place,
                                    std::span<const std::string_view> words) const;
    // "10s", "500ms", "2m", "1h", within these bounds.
    std::optional<std::chrono::milliseconds> duration(const Place& place,
                                                      std::chrono::milliseconds least,
                                                      std::chrono::milliseconds most) const;
    // Calls `each` for every item of a list, which must not be empty.
    void list(const Place& place, std::string_view of,
              const std::function<void(const Place&)>& each) const;
    // Calls `each` for every member of an object that maps names of the reader's choice to values.
    void map(const Place& place, std::string_view of,
             const std::function<void(const Place&, const json::Member&)>& each) const;

    // The file that a string names; null after a mistake.
    const SourceFile* file(const Place& place, std::string_view written) const;

    Report& report() const { return *report_; }
    // Another one for the same files, that reports elsewhere.
    Reader reporting_to(Report& report) const { return {report, *files_}; }

private:
    Report* report_;
    SourceFiles* files_;
};

// "expected a list of ports, found a string"
std::string wrong_type(std::string_view expected, const json::Value& found);

}  // namespace adit::policy
