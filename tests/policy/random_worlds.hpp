// Random policies and requests, and a slow definition of what the answer is: written from the manual,
// with none of the library's sets and none of its walking.
#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/policy/judging.hpp"

namespace adit::policy::testing {

inline const std::vector<std::string> some_users{"alice", "bob", "carol"};
inline const std::vector<std::string> some_hosts{"a.example", "b.example", "x.a.example",
                                                 "evil.com", "www.evil.com"};
inline const std::vector<std::string> host_entries{"a.example",        "*.example",  "evil.com",
                                                   "*.evil.com",       "*",          "*.a.example",
                                                   "/[ab][.]EXAMPLE/", "/.*evil.*/", "/evil/"};
// What the regular expressions above mean, in the words of the others.
inline bool pattern_means(const std::string& entry, const std::string& name)
{
    if (entry == "/.*evil.*/")
        return name.find("evil") != std::string::npos;
    return entry != "/evil/" && (name == "a.example" || name == "b.example");
}
inline const std::vector<std::uint16_t> some_ports{22, 25, 80, 443, 1080, 5432};
inline const std::vector<std::string> some_addresses{"8.8.8.8",
                                                     "9.9.9.9",
                                                     "10.0.0.1",
                                                     "10.8.1.1",
                                                     "10.0.0.7",
                                                     "127.0.0.1",
                                                     "192.168.1.1",
                                                     "100.64.0.1",
                                                     "169.254.169.254",
                                                     "169.254.0.9",
                                                     "192.0.2.1",
                                                     "224.0.0.1",
                                                     "0.0.0.0",
                                                     "255.255.255.255",
                                                     "::",
                                                     "::1",
                                                     "2606:4700::1111",
                                                     "2001:db8::1",
                                                     "fd00::1",
                                                     "fe80::1",
                                                     "fd00:ec2::254",
                                                     "::ffff:10.0.0.1",
                                                     "::ffff:8.8.8.8",
                                                     "64:ff9b::a00:1",
                                                     "64:ff9b::808:808",
                                                     "2002:a00:1::1",
                                                     "::10.0.0.1",
                                                     "64:ff9b:1::a00:1",
                                                     "64:ff9b::a9fe:a9fe",
                                                     "2002:808:808::1",
                                                     "fd64::808:808",
                                                     "fd64::a00:7",
                                                     "2001:db8:7::7",
                                                     "::ffff:0:a00:1"};
inline const std::vector<std::string> network_entries{
    "0.0.0.0/0",  "::/0",         "10.0.0.0/8", "10.8.0.0/16",     "8.8.8.8",  "8.0.0.0/8",
    "127.0.0.1",  "64:ff9b::/96", "2002::/16",  "169.254.169.254", "fd00::/8", "10.0.0.7",
    "public",     "private",      "loopback",   "cgnat",           "metadata", "self",
    "link-local", "reserved",     "multicast"};

// One window in a zone whose clocks are ahead by `ahead` hours, one more from Thursday noon UTC on.
struct Nights {
    std::uint8_t days = 0;
    int from = 0;
    int to = 24;
    int ahead = 0;
};
inline const std::vector<Nights> some_nights{
    {0x7F, 8, 18, 2}, {0x3E, 0, 24, 0}, {0x21, 22, 6, -7}, {0x10, 12, 24, 10}, {0x7F, 23, 1, 0}};
// A Sunday.
inline constexpr std::chrono::sys_days week{std::chrono::year{2026} / 11 / 22};
inline constexpr auto thursday_noon = week + std::chrono::hours{4 * 24 + 12};

// A rule as the test sees it: the words of the file, kept beside what is built from them.
struct Written {
    bool allows = false;
    std::optional<std::vector<std::string>> users, hosts, networks, clients;
    std::optional<std::vector<std::uint16_t>> ports;
    std::optional<std::vector<Protocol>> protocols;
    std::optional<std::vector<Nights>> nights;
    std::vector<Written> excluded;  // at most one
};

using Random = std::mt19937;

template <class T>
const T& one_of(const std::vector<T>& all, Random& random)
{
    return all[random() % all.size()];
}

template <class T>
std::optional<std::vector<T>> maybe_some(const std::vector<T>& all, unsigned percent,
                                         Random& random)
{
    if (random() % 100 >= percent)
        return std::nullopt;
    std::vector<T> chosen;
    for (auto count = 1 + random() % 3; count > 0; --count)
        chosen.push_back(one_of(all, random));
    return chosen;
}

inline Written write_fields(Random& random)
{
    auto user_entries = some_users;
    user_entries.emplace_back("*");
    Written rule;
    rule.users = maybe_some(user_entries, 30, random);
    rule.hosts = maybe_some(host_entries, 40, random);
    rule.networks = maybe_some(network_entries, 45, random);
    rule.clients = maybe_some(network_entries, 15, random);
    rule.ports = maybe_some(some_ports, 40, random);
    rule.protocols =
        maybe_some(std::vector<Protocol>{Protocol::connect, Protocol::socks5}, 20, random);
    rule.nights = maybe_some(some_nights, 15, random);
    return rule;
}

inline Written write_rule(Random& random)
{
    auto rule = write_fields(random);
    rule.allows = random() % 2 == 0;
    if (random() % 3 == 0)
        rule.excluded.push_back(write_fields(random));
    return rule;
}

inline NetworkSet network_set(const std::vector<std::string>& entries)
{
    NetworkSet set;
    for (const auto& entry : entries)
        set.add(networks({entry}));
    return set;
}

inline Times times_of(const std::vector<Nights>& nights)
{
    Times times;
    for (const auto& [days, from, to, ahead] : nights) {
        const std::chrono::hours hours{ahead};
        const auto zone = std::make_shared<const Zone>(
            Zone{"there", {{{}, hours}, {thursday_noon, hours + std::chrono::hours{1}}}});
        times.add({days, std::chrono::hours{from}, std::chrono::hours{to}, zone});
    }
    return times;
}

inline void build_fields(const Written& written, Conditions& rule)
{
    if (written.users) {
        rule.users.emplace();
        for (const auto& name : *written.users)
            name == "*" ? void(rule.users->anyone = true) : void(rule.users->names.insert(name));
    }
    if (written.hosts) {
        rule.hosts.emplace();
        for (const auto& entry : *written.hosts)
            rule.hosts->add(hosts({entry}));
    }
    if (written.networks)
        rule.networks = network_set(*written.networks);
    if (written.clients)
        rule.clients = network_set(*written.clients);
    if (written.ports) {
        rule.ports.emplace();
        for (const auto port : *written.ports)
            rule.ports->add({port, port});
    }
    if (written.protocols) {
        rule.protocols.emplace();
        for (const auto protocol : *written.protocols)
            rule.protocols->add(protocol);
    }
    if (written.nights)
        rule.when = times_of(*written.nights);
}

inline Rule build(const Written& written, std::size_t number)
{
    Rule rule;
    rule.name = std::to_string(number);
    rule.action = written.allows ? Action::allow : Action::deny;
    build_fields(written, rule);
    for (const auto& each : written.excluded)
        build_fields(each, rule.excluded.emplace());
    return rule;
}

inline Policy build(const std::vector<Written>& written)
{
    std::vector<Rule> rules;
    for (const auto& each : written)
        rules.push_back(build(each, rules.size()));
    return Policy{std::move(rules)};
}

// --- The slow definition -------------------------------------------------------------------

inline bool is_word(const std::string& entry)
{
    return parse_word(entry).has_value();
}

template <class T, class Matches>
inline bool any_entry(const std::optional<std::vector<T>>& entries, const Matches& matches)
{
    return !entries || std::any_of(entries->begin(), entries->end(), matches);
}

inline bool host_matches(const std::string& entry, const std::string& name)
{
    if (entry == "*")
        return true;
    if (entry.starts_with('/'))
        return pattern_means(entry, name);
    if (!entry.starts_with("*."))
        return entry == name;
    return name.size() >= entry.size() && name.ends_with(entry.substr(1));
}

// One entry of `networks` against one address that is what it is.
inline bool entry_holds(const std::string& entry, const Address& address, Word word)
{
    return is_word(entry) ? parse_word(entry) == word : network(entry).contains(address);
}

inline bool allow_holds(const std::string& entry, const Address& judged, Word word)
{
    if (!is_word(entry) && (word == Word::metadata || word == Word::self))
        return network(entry).is_single() && network(entry).address == judged;
    return entry_holds(entry, judged, word);
}

inline bool deny_holds(const std::string& entry, const Address& written, const Surroundings& around)
{
    if (entry_holds(entry, judged_form(written, around), classify(written, around)) ||
        (!is_word(entry) && network(entry).contains(written)))
        return true;
    for (const auto& inside : hidden_ipv4(written, around))
        if (entry_holds(entry, inside, classify(inside, around)))
            return true;
    return false;
}

// Hour by hour: the window of a day is that day's hours, and those of the next when it runs over
// midnight.
inline bool night_holds(const Nights& night, std::chrono::sys_seconds moment)
{
    const int ahead = night.ahead + (moment >= thursday_noon ? 1 : 0);
    const auto hour = std::chrono::floor<std::chrono::hours>(moment - week).count() + ahead;
    for (int day = -8; day <= 15; ++day) {
        const int length = (night.to - night.from + 23) % 24 + 1;
        const int begin = day * 24 + night.from;
        if ((night.days >> ((day + 14) % 7) & 1) != 0 && hour >= begin && hour < begin + length)
            return true;
    }
    return false;
}

inline bool asked_matches(const Written& rule, const Subject& subject, const Target& to,
                          const Surroundings& around)
{
    const auto* name = std::get_if<adit::protocols::Domain>(&to.host);
    return any_entry(rule.ports, [&](auto port) { return port == to.port; }) &&
           any_entry(rule.protocols, [&](auto each) { return each == subject.protocol; }) &&
           any_entry(rule.nights,
                     [&](const auto& each) { return night_holds(each, *subject.at); }) &&
           any_entry(rule.users,
                     [&](const auto& each) {
                         return !subject.user.empty() && (each == "*" || each == subject.user);
                     }) &&
           any_entry(rule.hosts,
                     [&](const auto& each) {
                         return name != nullptr && host_matches(each, name->text());
                     }) &&
           any_entry(rule.clients, [&](const auto& each) {
               if (!subject.client)
                   return false;
               const bool own = around.is_own(*subject.client);
               const auto word = own && registered_word(*subject.client) != Word::metadata
                                     ? Word::self
                                     : registered_word(*subject.client);
               return entry_holds(each, adit::protocols::unmapped(*subject.client), word);
           });
}

inline bool address_matches(const Written& rule, const Address& address, const Surroundings& around)
{
    const auto word = classify(address, around);
    if (rule.allows && !rule.networks)
        return word == Word::public_;
    return any_entry(rule.networks, [&](const auto& entry) {
        return rule.allows ? allow_holds(entry, judged_form(address, around), word)
                           : deny_holds(entry, address, around);
    });
}

// What stands in a `not`; its networks are read as those of a rule of the other action.
inline bool excluded_matches(const Written& rule, const Subject& subject, const Target& to,
                             const Address& address, const Surroundings& around)
{
    return std::any_of(rule.excluded.begin(), rule.excluded.end(), [&](const Written& each) {
        return asked_matches(each, subject, to, around) &&
               any_entry(each.networks, [&](const auto& entry) {
                   return rule.allows ? deny_holds(entry, address, around)
                                      : allow_holds(entry, judged_form(address, around),
                                                    classify(address, around));
               });
    });
}

struct Expected {
    bool allowed = false;
    Reason reason = Reason::no_rule;
    std::string rule;
    std::string near;
};

inline Expected first_match(const std::vector<Written>& rules, const Subject& subject,
                            const Target& to, const Address& address, const Surroundings& around)
{
    Expected expected;
    for (std::size_t i = 0; i < rules.size(); ++i) {
        if (!asked_matches(rules[i], subject, to, around) ||
            excluded_matches(rules[i], subject, to, address, around))
            continue;
        if (address_matches(rules[i], address, around)) {
            const bool allowed = rules[i].allows;
            return {allowed, Reason::rule, std::to_string(i), allowed ? "" : expected.near};
        }
        if (rules[i].allows && !rules[i].networks && expected.near.empty())
            expected.near = std::to_string(i);
    }
    if (!expected.near.empty())
        expected.reason = Reason::internal_address;
    return expected;
}

struct World {
    Surroundings around;
    std::vector<Written> written;
    Policy policy;
};

inline World make_world(Random& random)
{
    World world;
    world.around.own_addresses = {at("10.0.0.7"), at("2001:db8:7::7")};
    world.around.listeners = {{at("0.0.0.0"), 1080}};
    world.around.nat64 = {network("fd64::/96")};
    for (auto count = random() % 7; count > 0; --count)
        world.written.push_back(write_rule(random));
    world.policy = build(world.written);
    return world;
}

inline Subject make_subject(Random& random)
{
    auto subject = nobody();
    subject.at = week + std::chrono::minutes{random() % (7 * 24 * 60)};
    if (random() % 3 != 0)
        subject.user = one_of(some_users, random);
    subject.protocol = random() % 2 == 0 ? Protocol::connect : Protocol::socks5;
    if (random() % 8 == 0)
        subject.client.reset();
    else
        subject.client = at(one_of(some_addresses, random));
    return subject;
}

inline Target make_target(Random& random)
{
    const auto port = one_of(some_ports, random);
    if (random() % 4 == 0)
        return {adit::protocols::unmapped(at(one_of(some_addresses, random))), port};
    return {*adit::protocols::parse_host(one_of(some_hosts, random)), port};
}

// The addresses that a target may have: a literal only its own.
inline std::vector<Address> addresses_of(const Target& to)
{
    if (const auto* literal = std::get_if<Address>(&to.host))
        return {*literal};
    std::vector<Address> all;
    for (const auto& each : some_addresses)
        all.push_back(at(each));
    return all;
}

}  // namespace adit::policy::testing
