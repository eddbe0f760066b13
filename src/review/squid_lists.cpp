#include "src/review/squid_lists.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "src/review/configuration_text.hpp"

namespace adit::review::squid {
namespace {

using Kind = Acl::Kind;

constexpr std::array<std::pair<std::string_view, Kind>, 8> types{{
    {"src", Kind::clients},
    {"dst", Kind::networks},
    {"dstdomain", Kind::hosts},
    {"dstdom_regex", Kind::hosts},
    {"port", Kind::ports},
    {"time", Kind::times},
    {"method", Kind::methods},
    {"proxy_auth", Kind::users},
}};

Kind kind_of(std::string_view type)
{
    const auto* found = std::ranges::find(types, type, &decltype(types)::value_type::first);
    return found == types.end() ? Kind::unknown : found->second;
}

// Reads the values of one `acl` line into the list.
class ValueReader {
public:
    ValueReader(Acl& acl, const Line& line, const ReadList& read_list,
                std::vector<ImportNote>& notes)
        : acl_{acl}, line_{line}, read_list_{read_list}, notes_{notes}
    {
    }

    void read(std::span<const std::string> tokens);

private:
    void read_file(std::string_view quoted_path);
    bool read_value(const std::string& value);
    bool read_addresses(std::string_view value);
    bool read_host(const std::string& value);
    bool read_time(std::string_view value);
    bool read_user(const std::string& value);
    void lose(const std::string& why);

    Acl& acl_;
    const Line& line_;
    const ReadList& read_list_;
    std::vector<ImportNote>& notes_;
    bool ignore_case_ = false;
    std::ptrdiff_t patterns_ = count_patterns(acl_.hosts);
    std::uint8_t days_ = 0;  // of a list of times: said, and waiting for hours
};

void ValueReader::read(std::span<const std::string> tokens)
{
    for (const auto& token : tokens) {
        if (token == "-i" || token == "-n") {
            // -n: names are not looked up, which Adit never does to match a host.
            ignore_case_ = ignore_case_ || token == "-i";
        } else if (token.starts_with('-') && token.size() > 1 && acl_.kind != Kind::times) {
            lose(fmt::format("the option {} of this list", token));
        } else if (token.starts_with('"')) {
            read_file(token);
        } else if (!read_value(token)) {
            lose(fmt::format("{} in the list {}", token, acl_.name));
        }
    }
    acl_.week |= whole_days(std::exchange(days_, 0));
}

void ValueReader::read_file(std::string_view quoted_path)
{
    auto path = quoted_path.substr(1);
    if (path.ends_with('"'))
        path.remove_suffix(1);
    const auto text = read_list_(std::string{path});
    if (!text)
        return lose(fmt::format("the list in {} ({})", path, text.error()));
    for (const auto& value : split_values(*text))
        if (!read_value(value))
            lose(fmt::format("{} in {}", value, path));
}

bool ValueReader::read_value(const std::string& value)
{
    switch (acl_.kind) {
        case Kind::clients:
        case Kind::networks:
            return read_addresses(value);
        case Kind::hosts:
            return read_host(value);
        case Kind::ports:
            if (const auto range = parse_ports(value)) {
                acl_.ports.add(*range);
                return true;
            }
            return false;
        case Kind::times:
            return read_time(value);
        case Kind::users:
            return read_user(value);
        case Kind::methods:
            acl_.connect = acl_.connect || value == "CONNECT";
            acl_.other_methods = acl_.other_methods || value != "CONNECT";
            return value == "CONNECT";
        default:
            return true;
    }
}

bool ValueReader::read_addresses(std::string_view value)
{
    const auto addresses = parse_addresses(value);
    if (!addresses)
        return false;
    acl_.all = acl_.all || addresses->all;
    acl_.networks.insert(acl_.networks.end(), addresses->networks.begin(),
                         addresses->networks.end());
    return true;
}

bool ValueReader::read_host(const std::string& value)
{
    const bool regex = acl_.type == "dstdom_regex";
    const auto entries = regex ? parse_domain_regex(value, ignore_case_) : parse_domain(value);
    if (!entries)
        return false;
    const bool is_pattern = entries->front().pattern.has_value();
    if (is_pattern && patterns_ == most_patterns)
        return false;
    patterns_ += is_pattern ? 1 : 0;
    acl_.hosts.insert(entries->begin(), entries->end());
    return true;
}

// [DAYS] [HOURS]: hours belong to the days before them, or to all days; days without hours are whole.
bool ValueReader::read_time(std::string_view value)
{
    if (value.front() < '0' || value.front() > '9') {
        const auto days = parse_time_days(value);
        days_ |= days.value_or(0);
        return days.has_value();
    }
    const auto days = std::exchange(days_, 0);
    const auto week = parse_time_range(value, days == 0 ? 0x7F : days);
    if (week)
        acl_.week |= *week;
    return week.has_value();
}

bool ValueReader::read_user(const std::string& value)
{
    if (value == "REQUIRED") {
        acl_.users.anyone = true;
        return true;
    }
    const bool fits = value.size() <= 255 && value.front() != '@' && value != "*" &&
                      value.find(':') == std::string::npos && in_comment(value) == value &&
                      !ignore_case_;
    if (fits)
        acl_.users.names.insert(value);
    return fits;
}

void ValueReader::lose(const std::string& why)
{
    acl_.incomplete = true;
    notes_.push_back({line_.number, "not imported: " + why, true});
}

Acl address_list(std::string name, Kind kind, std::initializer_list<const char*> networks)
{
    Acl acl;
    acl.name = std::move(name);
    acl.kind = kind;
    for (const auto* network : networks)
        acl.networks.push_back(*policy::Network::parse(network));
    return acl;
}

}  // namespace

// https://www.squid-cache.org/Doc/config/acl/, the default list. 0.0.0.0 and :: need no mention:
// Adit never dials them.
Acls::Acls()
{
    Acl all;
    all.name = "all";
    all.kind = Kind::everything;
    define(all);
    // Asks Squid about itself; nobody can ask Adit so.
    Acl manager;
    manager.name = "manager";
    manager.kind = Kind::nothing;
    define(manager);
    Acl connect;
    connect.name = "CONNECT";
    connect.kind = Kind::methods;
    connect.type = "method";
    connect.connect = true;
    define(connect);
    define(address_list("localhost", Kind::clients, {"127.0.0.1", "::1"}));
    define(address_list("to_localhost", Kind::networks, {"127.0.0.0/8", "::1"}));
    define(address_list("to_linklocal", Kind::networks, {"169.254.0.0/16", "fe80::/10"}));
}

void Acls::define(Acl acl)
{
    auto name = acl.name;
    acls_.emplace(std::move(name), std::move(acl));
}

// acl NAME TYPE [OPTION...] VALUE...; the same name again adds values.
void Acls::read(const Line& line, const ReadList& read_list, std::vector<ImportNote>& notes)
{
    if (line.tokens.size() < 3) {
        notes.push_back({line.number, "not imported: " + in_comment(line.text), true});
        return;
    }
    const auto& name = line.tokens[1];
    const auto& type = line.tokens[2];
    const std::span<const std::string> values{line.tokens.begin() + 3, line.tokens.end()};
    auto [place, is_new] = acls_.try_emplace(name);
    auto& acl = place->second;
    // Squid lets a file repeat what it defines itself.
    if (is_new || acl.line == 0) {
        acl = Acl{};
        acl.name = name;
        acl.type = type;
        acl.line = line.number;
        acl.kind = kind_of(type);
    } else if (acl.type != type) {
        acl.incomplete = true;
        notes.push_back({line.number,
                         fmt::format("not imported: {} is a list of {} already", name, acl.type),
                         true});
        return;
    }
    if (acl.kind == Kind::unknown) {
        acl.incomplete = true;
        notes.push_back(
            {line.number,
             fmt::format("not imported: lists of type {} have no equivalent", in_comment(type)),
             true});
        return;
    }
    ValueReader{acl, line, read_list, notes}.read(values);
    if (acl.all)
        acl.kind = Kind::everything;
}

bool Acls::any_times() const
{
    return std::ranges::any_of(acls_,
                               [](const auto& acl) { return acl.second.kind == Kind::times; });
}

const Acl* Acls::find(const std::string& name) const
{
    const auto found = acls_.find(name);
    return found == acls_.end() ? nullptr : &found->second;
}

}  // namespace adit::review::squid
