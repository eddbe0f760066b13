#include "policy/load_conditions.hpp"

#include <array>

#include "policy/load_doors.hpp"
#include "policy/load_rules.hpp"
#include "policy/suggest.hpp"

namespace adit::policy {

namespace {

constexpr std::array<Key, 9> excluded_keys{{{"listeners"},
                                            {"protocols"},
                                            {"clients"},
                                            {"uids"},
                                            {"users"},
                                            {"hosts"},
                                            {"networks"},
                                            {"ports"},
                                            {"when"}}};

constexpr std::array all_protocols{Protocol::connect, Protocol::http, Protocol::socks5,
                                   Protocol::socks4,  Protocol::udp,  Protocol::bind,
                                   Protocol::forward};

std::set<std::string, std::less<>> read_listener_names(const Place& place, const Reader& reader,
                                                       const Vocabulary& names)
{
    std::set<std::string, std::less<>> listeners;
    reader.list(place, "listeners", [&](const Place& item) {
        const auto name = reader.text(item, "a listener's name");
        if (!name)
            return;
        listeners.emplace(*name);
        if (names.listeners.contains(*name))
            return;
        const std::vector<std::string_view> known{names.listeners.begin(), names.listeners.end()};
        reader.report().mistake(
            item, "no listener is called " + quoted(*name) +
                      (names.listeners_replaced ? "; --listen has replaced those of the file"
                                                : did_you_mean(*name, known)));
    });
    return listeners;
}

ProtocolSet read_protocols(const Place& place, const Reader& reader)
{
    ProtocolSet protocols;
    reader.list(place, "protocols", [&](const Place& item) {
        const auto protocol = read_protocol(item, reader);
        if (protocol)
            protocols.add(*protocol);
    });
    return protocols;
}

}  // namespace

std::vector<HostEntry> read_conditions(const Fields& fields, const Reader& reader,
                                       Vocabulary& names, Conditions& conditions)
{
    std::vector<HostEntry> entries;
    if (const auto place = fields.find("listeners"))
        conditions.listeners = read_listener_names(*place, reader, names);
    if (const auto place = fields.find("protocols"))
        conditions.protocols = read_protocols(*place, reader);
    if (const auto place = fields.find("clients"))
        conditions.clients = read_networks(*place, reader, &names.sets);
    if (const auto place = fields.find("uids"))
        conditions.uids = read_uids(*place, reader, names);
    if (const auto place = fields.find("users"))
        conditions.users = read_user_set(*place, reader, names);
    if (const auto place = fields.find("hosts")) {
        auto hosts = read_hosts(*place, reader, &names.sets);
        conditions.hosts = std::move(hosts.set);
        entries = std::move(hosts.entries);
    }
    if (const auto place = fields.find("ports"))
        conditions.ports = read_ports(*place, reader, &names.sets);
    if (const auto place = fields.find("when"))
        conditions.when = read_times(*place, reader, names);
    return entries;
}

Conditions read_excluded(const Place& place, const Reader& reader, Vocabulary& names)
{
    Conditions excluded;
    const auto before = reader.report().mistakes();
    const Fields fields{place, reader.report(), excluded_keys};
    if (!fields.is_object())
        return excluded;
    if (place.value->members.empty() && reader.report().mistakes() == before)
        reader.report().mistake(place,
                                "an empty \"not\" would exclude everything; name the fields that "
                                "are not to match all together");
    (void)read_conditions(fields, reader, names, excluded);
    if (const auto networks = fields.find("networks"))
        excluded.networks = read_networks(*networks, reader, &names.sets);
    return excluded;
}

std::optional<Protocol> read_protocol(const Place& place, const Reader& reader)
{
    std::array<std::string_view, all_protocols.size()> words{};
    std::ranges::transform(all_protocols, words.begin(),
                           [](Protocol protocol) { return word(protocol); });
    const auto chosen = reader.word(place, words);
    if (!chosen)
        return std::nullopt;
    return all_protocols[*chosen];
}

}  // namespace adit::policy
