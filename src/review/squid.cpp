#include "src/review/squid.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "policy/entries.hpp"
#include "src/review/configuration_text.hpp"
#include "src/review/squid_lists.hpp"
#include "src/review/squid_rules.hpp"
#include "src/review/squid_syntax.hpp"
#include "src/review/squid_text.hpp"

namespace adit::review {

using namespace squid;

namespace {

// Directives that bear on who may go where, or on how the destination is reached. All others are
// about caching, logging and the like.
constexpr std::array<std::string_view, 15> weighty{
    "include",
    "if",
    "else",
    "endif",
    "http_access2",
    "http_reply_access",
    "adapted_http_access",
    "cache_peer",
    "cache_peer_access",
    "never_direct",
    "tcp_outgoing_address",
    "url_rewrite_program",
    "https_port",
    "ssl_bump",
    "external_acl_type",
};

// Options of http_port with which it is no plain proxy port.
constexpr std::array<std::string_view, 6> other_ports{"intercept", "tproxy",      "accel",
                                                      "ssl-bump",  "transparent", "vhost"};

// http_port [HOST:]PORT [OPTION...]
void read_port(const Line& line, std::vector<Port>& ports, std::vector<ImportNote>& notes)
{
    const auto& tokens = line.tokens;
    const auto lost = [&](const std::string& why) {
        notes.push_back({line.number, "not imported: " + why, true});
    };
    if (tokens.size() < 2)
        return lost("http_port without a port");
    const bool bare = tokens[1].find_first_not_of("0123456789") == std::string::npos;
    const auto address = bare ? "*:" + tokens[1] : tokens[1];
    if (!policy::parse_listen_address(address))
        return lost("http_port " + tokens[1] + ": write the address that is meant");
    for (std::size_t i = 2; i < tokens.size(); ++i) {
        if (std::ranges::find(other_ports, tokens[i]) != other_ports.end())
            return lost("http_port with " + tokens[i] + ", which has no equivalent");
        notes.push_back({line.number,
                         "not imported: the option " + tokens[i].substr(0, tokens[i].find('=')) +
                             " of http_port",
                         false});
    }
    const bool known =
        std::ranges::any_of(ports, [&](const Port& port) { return port.address == address; });
    if (!known)
        ports.push_back({address, line.number});
}

void note_other(const Line& line, std::vector<ImportNote>& notes)
{
    // Only the directive is named: what stands behind may be a password.
    const auto& name = line.tokens.front();
    if (name == "auth_param")
        notes.push_back({line.number,
                         "not imported: auth_param; give the users below passwords with `adit "
                         "passwd`",
                         false});
    else
        notes.push_back({line.number, "not imported: " + name,
                         std::ranges::find(weighty, name) != weighty.end()});
}

// Squid goes by the clock of its own machine.
void note_zone(std::string_view zone, std::vector<ImportNote>& notes)
{
    if (zone.empty())
        notes.push_back({0,
                         "this machine does not say in which time zone it is, so times are in UTC; "
                         "write Squid's \"zone\"",
                         true});
    else
        notes.push_back(
            {0, fmt::format("times are those of {}, this machine's time zone", zone), false});
}

}  // namespace

bool Import::equivalent() const
{
    return std::ranges::none_of(notes, &ImportNote::differs);
}

Import import_squid(std::string_view text, std::string_view file, const ReadList& read_list,
                    std::string_view zone)
{
    Import import;
    Acls acls;
    std::vector<Port> ports;
    std::vector<Line> access;
    // An http_access line may name lists that stand below it only by mistake, and Squid refuses
    // that; reading all lists first does no harm.
    for (auto& line : split(text)) {
        const auto& directive = line.tokens.front();
        if (directive == "acl")
            acls.read(line, read_list, import.notes);
        else if (directive == "http_access")
            access.push_back(std::move(line));
        else if (directive == "http_port")
            read_port(line, ports, import.notes);
        else
            note_other(line, import.notes);
    }
    if (acls.any_times())
        note_zone(zone, import.notes);
    const auto rules = translate(access, acls, import.notes);
    for (auto& note : import.notes)
        note.words = in_comment(note.words);
    std::ranges::stable_sort(import.notes, {}, &ImportNote::line);
    import.text = to_text({file, ports, acls, rules, import.notes, zone.empty() ? "UTC" : zone});
    return import;
}

}  // namespace adit::review
