// Suggested rules as a configuration for people: who goes where, how often it was seen.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "src/review/configuration_text.hpp"
#include "src/review/host_folding.hpp"
#include "src/review/suggest.hpp"

namespace adit::review {
namespace {

constexpr std::size_t line_width = 124;
constexpr std::string_view udp_only = "\"protocols\": [\"udp\"]";

std::string counted(std::uint64_t number, std::string_view noun)
{
    return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

std::vector<std::string> names_of(const std::vector<Who>& who)
{
    std::vector<std::string> names;
    for (const auto& one : who)
        names.push_back(one.uid            ? std::to_string(*one.uid)
                        : one.user.empty() ? one.client.to_string()
                                           : one.user);
    return names;
}

// The field of a rule that names them.
std::string who_text(const std::vector<Who>& who)
{
    const auto names = names_of(who);
    if (who.front().kind() == Who::Kind::uid)
        return fmt::format("\"uids\": [{}]", fmt::join(names, ", "));
    return fmt::format("\"{}\": {}", who.front().kind() == Who::Kind::user ? "users" : "clients",
                       quoted_list(names));
}

std::string who_in_words(const SuggestedRule& rule)
{
    const auto kind = rule.who.front().kind();
    if (rule.who.size() > 1)
        return counted(rule.who.size(), kind == Who::Kind::user  ? "user"
                                        : kind == Who::Kind::uid ? "local user"
                                                                 : "client");
    const auto name = names_of(rule.who).front();
    if (kind == Who::Kind::uid)
        return "local user " + name;
    return name.size() <= 40 ? name : "one user";
}

std::string name_of(const SuggestedRule& rule)
{
    // The host that was visited most, the first of them by name.
    const auto busiest =
        std::ranges::max_element(rule.counts, {}, [](const auto& entry) { return entry.second; });
    auto where = busiest->first;
    if (where.size() > 40)
        where = std::string{owned_domain(where)};
    auto name = fmt::format("{} to {}", who_in_words(rule), where);
    if (rule.hosts.size() > 1)
        name += fmt::format(" and {} more", rule.hosts.size() - 1);
    return name;
}

// Hosts line by line, one for each domain, with how often it was seen.
std::string hosts_text(const SuggestedRule& rule)
{
    struct Domain {
        std::vector<std::string> hosts;
        std::uint64_t count = 0;
    };
    std::map<std::string, Domain> domains;
    for (const auto& host : rule.hosts) {
        const auto name = host.starts_with("*.") ? host.substr(2) : host;
        auto& domain = domains[rule.literal ? host : std::string{owned_domain(name)}];
        domain.hosts.push_back(host);
        domain.count += rule.counts.at(host);
    }
    if (domains.size() == 1)
        return quoted_list(domains.begin()->second.hosts);
    std::string text = "[\n";
    for (const auto& [name, domain] : domains) {
        const auto list = quoted_list(domain.hosts);
        text += fmt::format("        {},  // {}\n", list.substr(1, list.size() - 2), domain.count);
    }
    return text + "      ]";
}

std::string rule_text(const SuggestedRule& rule, bool udp, RuleNames& names)
{
    std::uint64_t count = 0;
    for (const auto& [host, tunnels] : rule.counts)
        count += tunnels;

    std::vector<std::string> fields{
        fmt::format("\"name\": {}", quoted(names.unique(name_of(rule) + (udp ? " over UDP" : "")))),
        "\"action\": \"allow\"",
    };
    if (udp)
        fields.emplace_back(udp_only);
    fields.insert(fields.end(), {who_text(rule.who),
                                 fmt::format("\"{}\": {}", rule.literal ? "networks" : "hosts",
                                             hosts_text(rule))});
    if (!rule.networks.empty())
        fields.push_back(fmt::format(
            "\"networks\": {}",
            quoted_list(std::vector<std::string>{rule.networks.begin(), rule.networks.end()})));
    fields.push_back("\"ports\": " + port_list(rule.ports));
    if (rule.inner)
        fields.push_back("\"inner\": " + quoted(word(*rule.inner)));

    const std::string_view noun = udp ? "time" : "tunnel";
    std::string line;
    for (const auto& field : fields)
        line += (line.empty() ? "" : ", ") + field;
    if (line.size() <= line_width && line.find('\n') == std::string::npos)
        return fmt::format("    // {}\n    {{ {} }},\n", counted(count, noun), line);
    std::string text = fmt::format("    // {}\n    {{\n", counted(count, noun));
    for (const auto& field : fields)
        text += "      " + field + ",\n";
    return text + "    },\n";
}

std::string opening(const Observations& seen, const SuggestOptions& options)
{
    if (seen.taken == 0)
        return "// Nothing was seen that could be allowed, so this configuration denies "
               "everything.\n";
    const bool tunnels = !options.with_denied && seen.udp.empty();
    auto text = fmt::format("// Suggested from {} seen between {} and {}.\n",
                            counted(seen.taken, tunnels ? "tunnel" : "request"),
                            to_text(seen.first), to_text(seen.last));
    text +=
        options.fold_from == 0
            ? "// It allows exactly what was seen: who, to which host, on which port.\n"
            : "// It allows what was seen, and with \"*.\" more than that: hosts below a domain "
              "were folded.\n";
    return text + "// A rule for a client holds for whoever logs in from there, too.\n";
}

std::string left_out(const Observations& seen)
{
    std::string text;
    const auto tell = [&](std::uint64_t number, std::string_view why) {
        if (number != 0)
            text += fmt::format("// Left out: {} {}.\n", counted(number, "record"), why);
    };
    tell(seen.denied, "of what was denied");
    tell(seen.cut_off, "of what a pin cut off");
    tell(seen.unanswered, "that came to no answer, for the name had no address");
    tell(seen.without_request, "without a complete request");
    tell(seen.nameless, "of clients that no rule can name");
    if (seen.untold != 0)
        text += fmt::format("// Left out: {} over UDP of which the records tell no more.\n",
                            counted(seen.untold, "destination"));
    return text;
}

std::string users_text(const Observations& seen, bool& nobody)
{
    std::set<std::string> users;
    const auto gather = [&](const auto& hosts) {
        for (const auto& [name, host] : hosts)
            for (const auto& [port, visitors] : host.ports)
                for (const auto& [who, times] : visitors)
                    users.insert(who.user);
    };
    for (const auto* places : {&seen.tunnels, &seen.udp}) {
        gather(places->names);
        gather(places->literals);
    }
    nobody = users.erase("") != 0;
    if (users.empty())
        return {};
    std::string text =
        "  // Records hold no passwords. Nobody can log in with these; make real ones with `adit "
        "passwd`.\n  \"users\": {\n";
    for (const auto& user : users)
        text += fmt::format("    {}: \"{}\",\n", quoted(user), locked_password);
    return text + "  },\n\n";
}

// What a listener must say to let these people in. UDP is off unless it is listed, and SOCKS4 knows
// no password.
std::string listener_text(const Observations& seen, bool users, bool nobody)
{
    std::string text = "{ \"address\": \"127.0.0.1:1080\"";
    if (!seen.udp.empty())
        text += fmt::format(", \"protocols\": [\"connect\", \"http\", \"socks5\", {}\"udp\"]",
                            users && !nobody ? "" : "\"socks4\", ");
    if (users && nobody)
        text += ", \"login\": \"optional\"";
    return text + " }";
}

std::string rules_text(const Places& places, bool udp, const SuggestOptions& options,
                       RuleNames& names)
{
    std::string text;
    bool literals = false;
    for (const auto& rule : suggest(places, options)) {
        if (rule.literal && !literals) {
            literals = true;
            text += fmt::format(
                "    // What follows is for addresses that were asked for as such. Names that lead "
                "to them end here.\n    {{ \"name\": {}, \"action\": \"deny\", {}{}\"hosts\": "
                "[\"*\"] }},\n",
                quoted(names.unique(udp ? "names that were not seen over UDP"
                                        : "names that were not seen")),
                udp ? udp_only : "", udp ? ", " : "");
        }
        text += rule_text(rule, udp, names);
    }
    return text;
}

}  // namespace

std::string to_text(const Observations& seen, const SuggestOptions& options)
{
    bool nobody = false;
    const auto users = users_text(seen, nobody);
    auto text = opening(seen, options) + left_out(seen);
    text +=
        "{\n  // Where it listens is not in the records: put the addresses of your own "
        "listeners here.\n";
    text +=
        fmt::format("  \"listeners\": [ {} ],\n\n", listener_text(seen, !users.empty(), nobody));
    text += users + "  \"rules\": [\n";

    RuleNames names;
    if (!seen.udp.empty()) {
        text += rules_text(seen.udp, true, options, names);
        text += fmt::format(
            "    // The rules below are for tunnels: nothing else was seen over UDP.\n    {{ "
            "\"name\": "
            "{}, \"action\": \"deny\", {} }},\n",
            quoted(names.unique("other destinations over UDP")), udp_only);
    }
    text += rules_text(seen.tunnels, false, options, names);
    return text + "  ],\n}\n";
}

}  // namespace adit::review
