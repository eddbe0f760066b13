// Lists of hosts, networks and ports, with the sets they use, and the sets themselves.
#include <array>

#include "policy/load_warnings.hpp"
#include "policy/suggest.hpp"
#include "policy/vocabulary.hpp"

namespace adit::policy {

namespace {

// A list of a hundred thousand names is known to warnings by its beginning.
constexpr std::size_t most_entries = 1000;

constexpr std::array<Key, 3> set_keys{{{"hosts"}, {"networks"}, {"ports"}}};

template <class Content>
constexpr std::string_view kind_of()
{
    if constexpr (std::is_same_v<Content, HostList>)
        return "hosts";
    else if constexpr (std::is_same_v<Content, NetworkSet>)
        return "networks";
    else
        return "ports";
}

std::string_view kind_of(const NamedSet& set)
{
    constexpr std::array<std::string_view, 4> kinds{"", "hosts", "networks", "ports"};
    return kinds[set.content.index()];
}

// What "@name" stands for. Null after a mistake.
template <class Content>
const Content* find_set(const Place& place, std::string_view name, const Reader& reader, Sets* sets)
{
    if (sets == nullptr) {
        reader.report().mistake(place, "sets do not nest; write the entries of " +
                                           quoted("@" + std::string{name}) + " here");
        return nullptr;
    }
    const auto found = sets->find(name);
    if (found == sets->end()) {
        reader.report().mistake(
            place, "no set is called " + quoted(name) + did_you_mean(name, names_in(*sets), "@"));
        return nullptr;
    }
    found->second.used = true;
    const auto* content = std::get_if<Content>(&found->second.content);
    if (content == nullptr && found->second.content.index() != 0)
        reader.report().mistake(place, quoted(name) + " is a set of " +
                                           std::string{kind_of(found->second)} + ", and " +
                                           std::string{kind_of<Content>()} + " are wanted here");
    return content;
}

void add(HostList& list, const HostEntry& entry)
{
    switch (entry.kind) {
        case HostEntry::Kind::exact:
            list.set.add_exact(entry.name);
            break;
        case HostEntry::Kind::suffix:
            list.set.add_suffix(entry.name);
            break;
        case HostEntry::Kind::any:
            list.set.add_any();
            break;
        case HostEntry::Kind::pattern:
            list.set.add_pattern(*entry.pattern);
            break;
    }
    if (list.entries.size() < most_entries)
        list.entries.push_back(entry);
}

void add(HostList& list, const HostList& other)
{
    list.set.add(other.set);
    const auto room = std::min(most_entries - list.entries.size(), other.entries.size());
    list.entries.insert(list.entries.end(), other.entries.begin(),
                        other.entries.begin() + static_cast<std::ptrdiff_t>(room));
}

// "file:lists/blocked.txt"
std::optional<std::string_view> path_in(std::string_view entry)
{
    constexpr std::string_view mark = "file:";
    if (!entry.starts_with(mark))
        return std::nullopt;
    return entry.substr(mark.size());
}

// Each name is tried on all of them.
constexpr std::size_t most_patterns = 1000;

std::string add_or_explain(HostList& hosts, const HostEntry& entry)
{
    if (entry.pattern && hosts.set.patterns().size() >= most_patterns)
        return "a list has at most 1000 regular expressions; join some with \"|\", or name hosts";
    add(hosts, entry);
    return {};
}

constexpr std::string_view and_so_on = "and so on: the rest of this file is not told";

// Calls `each` for every line; it gives what is wrong with it, if anything.
template <class Each>
void read_lines(const SourceFile& file, const Reader& reader, Each each)
{
    std::size_t wrong = 0;
    for (const auto& line : list_lines(file.text, Comments::behind_blanks)) {
        auto message = each(line);
        if (message.empty())
            continue;
        if (line.text.find_first_of(" \t") != line.text.npos)
            message = quoted(line.text) + " holds a blank; write one entry a line";
        else if (line.text.starts_with('@') || path_in(line.text))
            message = quoted(line.text) + " stands in a file, and files name no sets and no files";
        if (++wrong > most_mistakes_of_file)
            return reader.report().mistake_in(file, {line.line, line.column},
                                              std::string{and_so_on});
        reader.report().mistake_in(file, {line.line, line.column}, std::move(message));
    }
}

// `nth` of this file, from 1.
void warn_of_line(const SourceFile& file, const ListLine& line, std::string doubt, std::size_t nth,
                  const Reader& reader)
{
    if (nth > most_mistakes_of_file + 1)
        return;
    if (nth > most_mistakes_of_file)
        doubt = and_so_on;
    reader.report().warning_in(file, {line.line, line.column}, std::move(doubt));
}

void add_file(HostList& hosts, const SourceFile& file, const Reader& reader)
{
    std::size_t doubtful = 0;
    read_lines(file, reader, [&](const ListLine& line) {
        const auto entry = parse_host_entry(line.text);
        if (!entry)
            return entry.error();
        if (auto wrong = add_or_explain(hosts, *entry); !wrong.empty())
            return wrong;
        if (auto doubt = looks_like_address(*entry); !doubt.empty())
            warn_of_line(file, line, std::move(doubt), ++doubtful, reader);
        return std::string{};
    });
}

NetworkSet networks_in(const SourceFile& file, const Reader& reader)
{
    NetworkSet networks;
    read_lines(file, reader, [&](const ListLine& line) {
        const auto entry = parse_network_entry(line.text);
        if (!entry)
            return entry.error();
        std::visit([&](const auto& what) { networks.add(what); }, *entry);
        return std::string{};
    });
    return networks;
}

void read_port_number(const Place& place, const Reader& reader, PortSet& ports)
{
    const auto port = reader.whole(place, 1, 65535);
    if (port)
        ports.add({static_cast<std::uint16_t>(*port), static_cast<std::uint16_t>(*port)});
}

NamedSet read_set(const Place& place, const Reader& reader)
{
    NamedSet set{place, {}, false};
    const auto before = reader.report().mistakes();
    const Fields fields{place, reader.report(), set_keys};
    if (!fields.is_object())
        return set;
    const auto hosts = fields.find("hosts");
    const auto networks = fields.find("networks");
    const auto ports = fields.find("ports");
    const bool mistaken = reader.report().mistakes() != before;
    if (int{hosts.has_value()} + int{networks.has_value()} + int{ports.has_value()} != 1) {
        if (!mistaken)
            reader.report().mistake(place,
                                    "a set has exactly one of \"hosts\", \"networks\" and "
                                    "\"ports\"; make one set of each kind");
        return set;
    }
    if (hosts)
        set.content = read_hosts(*hosts, reader, nullptr);
    if (networks)
        set.content = read_networks(*networks, reader, nullptr);
    if (ports)
        set.content = read_ports(*ports, reader, nullptr);
    return set;
}

}  // namespace

HostList read_hosts(const Place& place, const Reader& reader, Sets* sets)
{
    HostList hosts;
    reader.list(place, "hosts", [&](const Place& item) {
        const auto text = reader.text(item, "a host name");
        if (!text)
            return;
        if (text->starts_with('@')) {
            if (const auto* set = find_set<HostList>(item, text->substr(1), reader, sets))
                add(hosts, *set);
            return;
        }
        if (const auto path = path_in(*text)) {
            if (const auto* file = reader.file(item, *path))
                add_file(hosts, *file, reader);
            return;
        }
        const auto entry = parse_host_entry(*text);
        if (!entry) {
            reader.report().mistake(item, entry.error());
            return;
        }
        if (auto wrong = add_or_explain(hosts, *entry); !wrong.empty())
            return reader.report().mistake(item, std::move(wrong));
        if (const auto doubt = looks_like_address(*entry); !doubt.empty())
            reader.report().warning(item, doubt);
    });
    return hosts;
}

NetworkSet read_networks(const Place& place, const Reader& reader, Sets* sets,
                         const EachNetwork& each)
{
    NetworkSet networks;
    const auto join = [&](const Place& item, const NetworkSet& meaning) {
        networks.add(meaning);
        if (each)
            each(item, meaning);
    };
    reader.list(place, "networks", [&](const Place& item) {
        const auto text = reader.text(item, "an address, a network or a word like \"public\"");
        if (!text)
            return;
        if (text->starts_with('@')) {
            if (const auto* set = find_set<NetworkSet>(item, text->substr(1), reader, sets))
                join(item, *set);
            return;
        }
        if (const auto path = path_in(*text)) {
            if (const auto* file = reader.file(item, *path))
                join(item, networks_in(*file, reader));
            return;
        }
        const auto entry = parse_network_entry(*text);
        if (!entry) {
            reader.report().mistake(item, entry.error());
            return;
        }
        NetworkSet meaning;
        std::visit([&](const auto& what) { meaning.add(what); }, *entry);
        join(item, meaning);
    });
    return networks;
}

PortSet read_ports(const Place& place, const Reader& reader, Sets* sets)
{
    PortSet ports;
    reader.list(place, "ports", [&](const Place& item) {
        if (item.value->kind == json::Kind::number) {
            read_port_number(item, reader, ports);
            return;
        }
        const auto text = reader.text(item, "a port or a range like \"8000-8099\"");
        if (!text)
            return;
        if (text->starts_with('@')) {
            if (const auto* set = find_set<PortSet>(item, text->substr(1), reader, sets))
                for (const auto& range : set->ranges())
                    ports.add(range);
            return;
        }
        const auto range = parse_port_entry(*text);
        if (range)
            ports.add(*range);
        else
            reader.report().mistake(item, range.error());
    });
    return ports;
}

Sets read_sets(const Place& place, const Reader& reader)
{
    Sets sets;
    reader.map(place, "sets", [&](const Place& entry, const json::Member& member) {
        if (check_name(member.at, entry, member.key, reader))
            sets.emplace(member.key, read_set(entry, reader));
    });
    return sets;
}

}  // namespace adit::policy
