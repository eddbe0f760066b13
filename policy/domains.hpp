// What `hosts` takes: exact names, `*.suffix` (any depth, not the suffix itself), `*` and regular
// expressions.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "policy/host_pattern.hpp"
#include "protocols/target.hpp"

namespace adit::policy {

class HostSet {
public:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const
        {
            return std::hash<std::string_view>{}(text);
        }
    };
    using Names = std::unordered_set<std::string, Hash, std::equal_to<>>;

    // Canonical text, as protocols::Domain makes it.
    void add_exact(std::string_view name);
    void add_suffix(std::string_view suffix);  // without the leading "*."
    void add_any();                            // "*"
    void add_pattern(const HostPattern& pattern);
    void add(const HostSet& other);

    // Only the requested name counts. An address literal matches no entry, not even `*`.
    bool contains(const protocols::Host& host) const;
    bool empty() const { return !any_ && exact_.empty() && suffixes_.empty() && patterns_.empty(); }
    bool any() const { return any_; }
    const Names& exact() const { return exact_; }
    const Names& suffixes() const { return suffixes_; }
    const std::vector<HostPattern>& patterns() const { return patterns_; }  // without repeats
    // Every name of the other. Of patterns only equal ones are known to cover each other.
    bool covers(const HostSet& other) const;
    bool covers_below(std::string_view suffix) const;  // every name of `*.suffix`

private:
    bool contains_name(std::string_view name) const;
    bool has(const HostPattern& pattern) const;

    bool any_ = false;
    Names exact_;
    Names suffixes_;
    std::vector<HostPattern> patterns_;
};

}  // namespace adit::policy
