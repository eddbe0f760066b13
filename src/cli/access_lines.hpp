// Access logs as the command line names them: every record of every file, and words on standard
// error about the lines that are none.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "src/review/access_line.hpp"

namespace adit::cli {

class AccessLines {
public:
    // Empty lines are passed over. False when a file cannot be read, or when there are lines but
    // none of them is a record; both have been told.
    bool read(const std::vector<std::string>& files,
              const std::function<void(const review::AccessLine&)>& each);

    std::uint64_t lines() const { return lines_; }
    std::uint64_t unreadable() const { return unreadable_; }

private:
    void tell_unreadable(const std::string& file, std::uint64_t number, const std::string& why);

    std::uint64_t lines_ = 0;
    std::uint64_t unreadable_ = 0;
};

}  // namespace adit::cli
