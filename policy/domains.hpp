// What `hosts` takes: exact names, `*.suffix` (any depth, not the suffix itself), `*` and regular
// expressions. Copies share what they hold until one is changed: a list of a hundred thousand names
// that forty rules use is there once.
#pragma once

#include <functional>
#include <memory>
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
    bool empty() const
    {
        return !any() && exact().empty() && suffixes().empty() && patterns().empty();
    }
    bool any() const { return held_->any; }
    const Names& exact() const { return held_->exact; }
    const Names& suffixes() const { return held_->suffixes; }
    const std::vector<HostPattern>& patterns() const { return held_->patterns; }  // without repeats
    // Every name of the other. Of patterns only equal ones are known to cover each other.
    bool covers(const HostSet& other) const;
    bool covers_below(std::string_view suffix) const;  // every name of `*.suffix`

private:
    struct Held {
        bool any = false;
        Names exact;
        Names suffixes;
        std::vector<HostPattern> patterns;
    };

    Held& own();  // held by nobody else
    bool contains_name(std::string_view name) const;
    bool has(const HostPattern& pattern) const;

    std::shared_ptr<Held> held_ = std::make_shared<Held>();
};

}  // namespace adit::policy
