#include "src/review/squid_text.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "policy/entries.hpp"
#include "src/review/configuration_text.hpp"

namespace adit::review::squid {
namespace {

constexpr std::size_t line_width = 124;
constexpr std::size_t longest_inline = 4;  // entries; longer lists become sets

std::vector<std::string> entries_of(const Networks& networks)
{
    std::vector<std::string> entries;
    for (const auto& network : networks)
        entries.push_back(to_text(network));
    return entries;
}

std::vector<std::string> entries_of(const Hosts& hosts)
{
    std::vector<std::string> entries;
    for (const auto& host : hosts)
        entries.push_back(host.text);
    return entries;
}

std::vector<std::string> entries_of(const Users& users)
{
    if (users.anyone)
        return {"*"};
    return {users.names.begin(), users.names.end()};
}

// 443, "8000-8099": ready to be put into a list.
std::vector<std::string> literals_of(const policy::PortSet& ports)
{
    std::vector<std::string> entries;
    for (const auto& range : ports.ranges())
        entries.push_back(range.first == range.last
                              ? std::to_string(range.first)
                              : fmt::format("\"{}-{}\"", range.first, range.last));
    return entries;
}

template <class Values>
std::vector<std::string> literals_of(const Values& values)
{
    auto entries = entries_of(values);
    for (auto& entry : entries)
        entry = quoted(entry);
    return entries;
}

// [a, b, c], broken into lines where it is long.
std::string list_of(const std::vector<std::string>& literals, std::string_view indent)
{
    std::string all;
    for (const auto& literal : literals)
        all += (all.empty() ? "" : ", ") + literal;
    if (all.size() + 30 <= line_width)
        return '[' + all + ']';
    std::string text = "[";
    std::size_t width = line_width;
    for (const auto& literal : literals) {
        if (width + literal.size() + 2 > line_width - indent.size()) {
            text += fmt::format("\n{}  ", indent);
            width = 2;
        } else {
            text += ' ';
            ++width;
        }
        text += literal + ',';
        width += literal.size() + 1;
    }
    return text + '\n' + std::string{indent} + ']';
}

class Writer {
public:
    explicit Writer(const Parts& parts) : parts_{parts} {}

    std::string write();

private:
    std::string heading() const;
    std::string notes() const;
    std::string listeners() const;
    std::string users() const;
    std::string sets() const;
    std::string rules();
    std::string rule(const AccessRule& rule);
    void add_fields(std::vector<std::string>& fields, const Box& box);
    std::string whence(const AccessRule& rule) const;

    template <class Values>
    void add_field(std::vector<std::string>& fields, std::string_view key,
                   const std::optional<Field<Values>>& field);
    bool has_users() const;
    bool is_open(const Port& port) const;

    const Parts& parts_;
    RuleNames names_;
    std::map<std::string, std::pair<std::string, std::string>> sets_;  // name -> kind, list
};

std::string Writer::write()
{
    auto all_rules = rules();  // first: it finds out which sets there are
    return heading() + notes() + "{\n" + listeners() + users() + sets() + all_rules + "}\n";
}

std::string Writer::heading() const
{
    return fmt::format(
        "// Imported from {}. Read this before it serves anyone:\n"
        "// - An allow rule without \"networks\" reaches public addresses only, while Squid would "
        "also reach this machine and\n//   the internal network. Name \"networks\" where that is "
        "meant.\n"
        "// - Each address of a name is judged by itself. Squid matches a dst list when any one "
        "address does, and looks up\n//   the names of bare addresses; here an address matches no "
        "host.\n"
        "// - CONNECT and plain HTTP are taken, of the latter http:// addresses only, not ftp://. "
        "Without \"protocols\" at its\n//   listener SOCKS clients may use the port, too.\n",
        in_comment(parts_.file));
}

std::string Writer::notes() const
{
    if (parts_.notes.empty())
        return {};
    std::string text = "//\n// What is not here, or differs (!):\n";
    for (const auto& note : parts_.notes)
        text += fmt::format("// {} {}{}\n", note.differs ? '!' : ' ',
                            note.line == 0 ? std::string{} : fmt::format("line {}: ", note.line),
                            note.words);
    return text;
}

bool Writer::has_users() const
{
    return std::ranges::any_of(parts_.rules.rules,
                               [](const AccessRule& rule) { return rule.box.users.has_value(); });
}

// Whether Squid would let strangers use this port, so that Adit has to be told it is meant.
bool Writer::is_open(const Port& port) const
{
    const auto address = policy::parse_listen_address(port.address);
    const bool reachable =
        address && (address->dual_stack || !address->endpoint.address.is_loopback());
    return reachable && (parts_.rules.allow_the_rest ||
                         std::ranges::any_of(parts_.rules.rules, [](const AccessRule& rule) {
                             return rule.allow && !rule.box.clients && !rule.box.users;
                         }));
}

std::string Writer::listeners() const
{
    std::string text = "  \"listeners\": [\n";
    auto ports = parts_.ports;
    if (ports.empty()) {
        text += "    // There is no http_port: this one serves this machine only.\n";
        ports.push_back({"127.0.0.1:3128", 0});
    }
    for (const auto& port : ports) {
        if (port.line != 0)
            text += fmt::format("    // line {}\n", port.line);
        const bool open = is_open(port);
        if (open)
            text +=
                "    // Anyone who can reach it may use it, as in the squid.conf. Is that "
                "meant? Name \"clients\" in the rules.\n";
        text +=
            fmt::format("    {{ \"address\": {}, \"protocols\": [\"connect\", \"http\"]{}{} }},\n",
                        quoted(port.address), has_users() ? ", \"login\": \"optional\"" : "",
                        open ? ", \"open\": true" : "");
    }
    return text + "  ],\n\n";
}

std::string Writer::users() const
{
    if (!has_users())
        return {};
    std::set<std::string> names;
    const auto gather = [&](const Box& box) {
        if (box.users)
            names.insert(box.users->values.names.begin(), box.users->values.names.end());
    };
    for (const auto& rule : parts_.rules.rules) {
        gather(rule.box);
        gather(rule.left_out.value_or(Box{}));
    }
    std::string text =
        "  // Nobody can log in yet: Squid's passwords are not in its file. Make "
        "hashes with `adit passwd`.\n  \"users\": {";
    for (const auto& name : names)
        text += fmt::format("\n    {}: \"{}\",", quoted(name), locked_password);
    return text + (names.empty() ? "},\n\n" : "\n  },\n\n");
}

std::string Writer::sets() const
{
    if (sets_.empty())
        return {};
    std::string text = "  \"sets\": {\n";
    for (const auto& [name, content] : sets_) {
        const auto* acl = parts_.acls.find(name);
        if (acl != nullptr && acl->line != 0)
            text += fmt::format("    // line {}\n", acl->line);
        text +=
            fmt::format("    {}: {{ \"{}\": {} }},\n", quoted(name), content.first, content.second);
    }
    return text + "  },\n\n";
}

template <class Values>
void Writer::add_field(std::vector<std::string>& fields, std::string_view key,
                       const std::optional<Field<Values>>& field)
{
    if (!field)
        return;
    const auto literals = literals_of(field->values);
    const auto& acl = field->acl;
    const bool can_be_set = key != "users" && !acl.empty() && acl.size() <= 100 &&
                            acl.front() != '@' && in_comment(acl) == acl;
    if (can_be_set && literals.size() > longest_inline) {
        const auto kind = key == "clients" ? std::string_view{"networks"} : key;
        sets_[acl] = {std::string{kind}, list_of(literals, "    ")};
        fields.push_back(fmt::format("\"{}\": [{}]", key, quoted('@' + acl)));
    } else {
        fields.push_back(fmt::format("\"{}\": {}", key, list_of(literals, "      ")));
    }
}

std::string Writer::whence(const AccessRule& rule) const
{
    if (rule.before == 0)
        return fmt::format("line {}", rule.line);
    if (rule.line == 0)
        return fmt::format("what line {} leaves out", rule.before);
    return fmt::format("line {}, for what line {} leaves out", rule.line, rule.before);
}

void Writer::add_fields(std::vector<std::string>& fields, const Box& box)
{
    if (box.method)
        fields.push_back(fmt::format("\"protocols\": [\"{}\"]",
                                     *box.method == Method::connect ? "connect" : "http"));
    add_field(fields, "clients", box.clients);
    add_field(fields, "users", box.users);
    add_field(fields, "hosts", box.hosts);
    add_field(fields, "networks", box.networks);
    add_field(fields, "ports", box.ports);
    if (box.when)
        fields.push_back("\"when\": " + to_text(*box.when, parts_.zone));
}

std::string Writer::rule(const AccessRule& rule)
{
    const auto line = rule.line == 0 ? rule.before : rule.line;
    std::vector<std::string> fields{
        fmt::format("\"name\": {}",
                    quoted(names_.unique(fmt::format("line {}: {}", line, rule.text)))),
        fmt::format("\"action\": \"{}\"", rule.allow ? "allow" : "deny")};
    add_fields(fields, rule.box);
    if (rule.left_out) {
        std::vector<std::string> left_out;
        add_fields(left_out, *rule.left_out);
        fields.push_back(fmt::format("\"not\": {{ {} }}", fmt::join(left_out, ", ")));
    }
    std::string all;
    for (const auto& field : fields)
        all += (all.empty() ? "" : ", ") + field;
    const auto comment = rule.before == 0 && rule.line != 0
                             ? std::string{}
                             : fmt::format("    // {}\n", whence(rule));
    if (all.size() <= line_width && all.find('\n') == std::string::npos)
        return fmt::format("{}    {{ {} }},\n", comment, all);
    auto text = comment + "    {\n";
    for (const auto& field : fields)
        text += "      " + field + ",\n";
    return text + "    },\n";
}

std::string Writer::rules()
{
    std::string text = "  \"rules\": [\n";
    for (const auto& one : parts_.rules.rules)
        text += rule(one);
    if (parts_.rules.allow_the_rest)
        text +=
            "    // The last http_access line denies, so Squid allows whatever matches none.\n"
            "    { \"name\": \"whatever matches no line\", \"action\": \"allow\" },\n";
    else
        text += "    // What matches no rule is denied, as in Squid.\n";
    return text + "  ],\n";
}

}  // namespace

std::string to_text(const Parts& parts)
{
    return Writer{parts}.write();
}

}  // namespace adit::review::squid
