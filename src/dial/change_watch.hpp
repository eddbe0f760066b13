// Tells whether a small configuration file of the system has changed since it was last asked about.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace adit::dial {

class ChangeWatch {
public:
    explicit ChangeWatch(std::string path) : path_{std::move(path)} {}

    // True the first time and whenever the file has appeared, vanished or changed since. Costs one stat(2) a second at
    // most, however often it is asked.
    bool changed(std::chrono::steady_clock::time_point now);

    // What was seen last could not be read: the file counts as changed when it is next looked at.
    void forget() { seen_ = Stamp{.size = unread}; }

    const std::string& path() const { return path_; }

private:
    // What tells one version of a file from the next, editors that write in place and those that rename alike.
    static constexpr std::int64_t missing = -1;
    static constexpr std::int64_t unread = -2;
    struct Stamp {
        std::uint64_t device = 0;
        std::uint64_t inode = 0;
        std::int64_t size = missing;
        std::int64_t modified = 0;  // nanoseconds since the epoch
        bool operator==(const Stamp&) const = default;
    };
    Stamp look() const;

    std::string path_;
    std::optional<Stamp> seen_;
    std::chrono::steady_clock::time_point looked_;
};

}  // namespace adit::dial
