// Which of many lists of hosts share a name with a given entry, without asking each of them.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "policy/entries.hpp"

namespace adit::policy {

class HostIndex {
public:
    using Id = std::size_t;

    // Lists are added in ascending order of `id`.
    void add(Id id, const std::vector<HostEntry>& entries);
    // A list that holds every name.
    void add_all(Id id) { all_.push_back(id); }

    // The lists that hold every name, in ascending order.
    const std::vector<Id>& for_every_name() const { return all_; }
    // The other lists that share at least one name with one of the entries, in ascending order. What two
    // regular expressions share is not known, unless they are equal; nor what one shares with a suffix.
    std::vector<Id> sharing(const std::vector<HostEntry>& entries) const;

private:
    using Ids = std::unordered_map<std::string, std::vector<Id>>;

    void find(const HostEntry& entry, std::vector<Id>& found) const;

    struct Pattern {
        HostPattern pattern;
        Id id;
    };

    std::vector<Id> all_;    // the lists that hold every name
    std::vector<Id> lists_;  // the lists that were given entry by entry
    Ids exact_;              // by name
    Ids suffixes_;           // by suffix
    Ids below_;              // by suffix: lists with a name or a suffix at or below it
    std::vector<Pattern> patterns_;
};

}  // namespace adit::policy
