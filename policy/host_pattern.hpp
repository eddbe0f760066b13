// A regular expression for host names, as `hosts` writes it between slashes. RE2 runs in time linear
// in the name, whatever the expression; the size of its program is bounded here. It matches the
// whole name, in upper and lower case alike.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "protocols/result.hpp"

namespace re2 {
class RE2;
}

namespace adit::policy {

class HostPattern {
public:
    // `text` without its slashes, at most 500 bytes. The failure says what is wrong with it.
    static Result<HostPattern, std::string> parse(std::string_view text);

    bool matches(std::string_view name) const;
    const std::string& text() const;
    bool operator==(const HostPattern& other) const { return text() == other.text(); }

private:
    explicit HostPattern(std::shared_ptr<const re2::RE2> expression);

    std::shared_ptr<const re2::RE2> expression_;
};

}  // namespace adit::policy
