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

std::string counted(std::uint64_t number, std::string_view noun)
{
    return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

std::vector<std::string> names_of(const std::vector<Who>& who)
{
    std::vector<std::string> names;
    for (const auto& one : who)
        names.push_back(one.user.empty() ? one.client.to_string() : one.user);
    return names;
}

std::string who_in_words(const SuggestedRule& rule)
{
    const bool users = !rule.who.front().user.empty();
    if (rule.who.size() > 1)
        return counted(rule.who.size(), users ? "user" : "client");
    const auto name = names_of(rule.who).front();
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

std::string rule_text(const SuggestedRule& rule, RuleNames& names)
{
    std::uint64_t count = 0;
    for (const auto& [host, tunnels] : rule.counts)
        count += tunnels;

    const bool users = !rule.who.front().user.empty();
    std::vector<std::string> fields{
        fmt::format("\"name\": {}", quoted(names.unique(name_of(rule)))), "\"action\": \"allow\"",
        fmt::format("\"{}\": {}", users ? "users" : "clients", quoted_list(names_of(rule.who))),
        fmt::format("\"{}\": {}", rule.literal ? "networks" : "hosts", hosts_text(rule))};
    if (!rule.networks.empty())
        fields.push_back(fmt::format(
            "\"networks\": {}",
            quoted_list(std::vector<std::string>{rule.networks.begin(), rule.networks.end()})));
    fields.push_back("\"ports\": " + port_list(rule.ports));

    std::string line;
    for (const auto& field : fields)
        line += (line.empty() ? "" : ", ") + field;
    if (line.size() <= line_width && line.find('\n') == std::string::npos)
        return fmt::format("    // {}\n    {{ {} }},\n", counted(count, "tunnel"), line);
    std::string text = fmt::format("    // {}\n    {{\n", counted(count, "tunnel"));
    for (const auto& field : fields)
        text += "      " + field + ",\n";
    return text + "    },\n";
}

std::string opening(const Observations& seen, const SuggestOptions& options)
{
    if (seen.taken == 0)
        return "// Nothing was seen that could be allowed, so this configuration denies "
               "everything.\n";
    auto text = fmt::format("// Suggested from {} seen between {} and {}.\n",
                            counted(seen.taken, options.with_denied ? "request" : "tunnel"),
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
    tell(seen.unanswered, "that came to no answer, for the name had no address");
    tell(seen.without_request, "without a complete request");
    tell(seen.nameless, "of clients that no rule can name");
    return text;
}

std::string users_text(const Observations& seen, bool& nobody)
{
    std::set<std::string> users;
    const auto gather = [&](const auto& hosts) {
        for (const auto& [name, host] : hosts)
            for (const auto& [port, counts] : host.ports)
                for (const auto& [who, count] : counts)
                    users.insert(who.user);
    };
    gather(seen.names);
    gather(seen.literals);
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

}  // namespace

std::string to_text(const Observations& seen, const SuggestOptions& options)
{
    bool nobody = false;
    const auto users = users_text(seen, nobody);
    auto text = opening(seen, options) + left_out(seen);
    text +=
        "{\n  // Where it listens is not in the records: put the addresses of your own "
        "listeners here.\n";
    text += fmt::format("  \"listeners\": [ {{ \"address\": \"127.0.0.1:1080\"{} }} ],\n\n",
                        !users.empty() && nobody ? ", \"login\": \"optional\"" : "");
    text += users + "  \"rules\": [\n";

    RuleNames names;
    bool literals = false;
    for (const auto& rule : suggest(seen, options)) {
        if (rule.literal && !literals) {
            literals = true;
            text += fmt::format(
                "    // What follows is for addresses that were asked for as such. Names that lead "
                "to them end here.\n    {{ \"name\": {}, \"action\": \"deny\", \"hosts\": [\"*\"] "
                "}},\n",
                quoted(names.unique("names that were not seen")));
        }
        text += rule_text(rule, names);
    }
    return text + "  ],\n}\n";
}

}  // namespace adit::review
