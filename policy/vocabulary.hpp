// The names that a configuration defines and its rules use: users, groups, sets and listeners.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "policy/entries.hpp"
#include "policy/reader.hpp"

namespace adit::policy {

// Hosts as a set to ask, and as the first thousand of the entries it was made of.
struct HostList {
    HostSet set;
    std::vector<HostEntry> entries;
};

struct NamedSet {
    Place place;
    // What kind of set it is. Without a kind it was a mistake, and its uses are not more mistakes.
    std::variant<std::monostate, HostList, NetworkSet, PortSet> content;
    bool used = false;
};
using Sets = std::map<std::string, NamedSet, std::less<>>;

struct Group {
    Place place;
    std::set<std::string, std::less<>> members;
    bool used = false;
};
using Groups = std::map<std::string, Group, std::less<>>;

struct Vocabulary {
    std::optional<Users> users;  // empty: the file has no such key
    std::vector<std::string> user_files;
    Groups groups;
    Sets sets;
    std::set<std::string, std::less<>> listeners;
    bool listeners_replaced = false;  // by `--listen`
    FindZone find_zone;
    std::map<std::string, std::shared_ptr<const Zone>> zones;  // null: there is none of that name
    // The number of a user of this machine, by name; see LoadOptions.
    std::optional<std::uint32_t> (*user_number)(const std::string& name) = nullptr;
};

// Lists of entries. `sets` is where "@name" is looked up; a set itself is read without: sets do not
// nest.
HostList read_hosts(const Place& place, const Reader& reader, Sets* sets);
PortSet read_ports(const Place& place, const Reader& reader, Sets* sets);

// `each` sees what one entry (a set is one, too) contributes, before it is joined with the others.
using EachNetwork = std::function<void(const Place& entry, const NetworkSet& meaning)>;
NetworkSet read_networks(const Place& place, const Reader& reader, Sets* sets,
                         const EachNetwork& each = {});

Users read_users(const Place& place, const Reader& reader, bool (*is_hash)(const std::string&));
// Adds the users of files in htpasswd form; gives the paths of those files.
std::vector<std::string> read_user_files(const Place& place, const Reader& reader,
                                         bool (*is_hash)(const std::string&), Users& users);
// A file of a hundred thousand lines that was meant for something else is not told line by line.
inline constexpr std::size_t most_mistakes_of_file = 20;

Groups read_groups(const Place& place, const Reader& reader, const Users& users);
Sets read_sets(const Place& place, const Reader& reader);

// Names that do not exist are mistakes with a suggestion.
UserSet read_user_set(const Place& place, const Reader& reader, Vocabulary& names);

// The keys of a map, to suggest from.
template <class Map>
std::vector<std::string_view> names_in(const Map& map)
{
    std::vector<std::string_view> names;
    for (const auto& entry : map)
        names.emplace_back(entry.first);
    return names;
}

// Whether `name` may name a rule, a listener, a set or a group; reports when not.
bool check_name(json::Position at, const Place& place, std::string_view name, const Reader& reader);

}  // namespace adit::policy
