#include "src/review/squid_rules.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace adit::review::squid {
namespace {

using Kind = Acl::Kind;

// Leaving requests out doubles the work with each list; real files stay far below.
constexpr std::size_t most_rules = 5000;

// One http_access line. All of `required` match and none of `excluded`.
struct Statement {
    bool allow = false;
    std::size_t line = 0;
    std::string text;
    Box box;
    std::vector<const Acl*> excluded;

    // Squid asks for a login where it comes to a list of users, whatever stands behind: whoever
    // fits what stands before it and is nobody gets no further.
    struct Login {
        Box box;                   // required before it
        std::size_t excluded = 0;  // that many of `excluded` stand before it
    };
    std::optional<Login> login;
    bool idle = false;  // it matches nothing, and does no more than to ask for a login
};

// Anyone who is logged in.
Acl logged_in()
{
    Acl acl;
    acl.kind = Kind::users;
    acl.users.anyone = true;
    return acl;
}

template <class Values>
bool narrow(std::optional<Field<Values>>& field, const Values& values, const std::string& acl)
{
    if (!field)
        field = Field<Values>{values, acl};
    else
        field = Field<Values>{intersection(field->values, values), {}};
    return !is_empty(field->values);
}

// Restricts the box to the list. False when nothing is left.
bool narrow(Box& box, const Acl& acl)
{
    // Half a list is not the list that is named.
    const auto name = acl.incomplete ? std::string{} : acl.name;
    switch (acl.kind) {
        case Kind::everything:
            return true;
        case Kind::methods:
            return acl.connect && narrow(box, Method::connect);
        case Kind::clients:
            return narrow(box.clients, acl.networks, name);
        case Kind::networks:
            return narrow(box.networks, acl.networks, name);
        case Kind::hosts:
            return narrow(box.hosts, acl.hosts, name);
        case Kind::ports:
            return narrow(box.ports, acl.ports, name);
        case Kind::users:
            return narrow(box.users, acl.users, name);
        case Kind::nothing:
        case Kind::unknown:
            return false;
    }
    return false;
}

bool join(Box& into, const Box& other)
{
    const auto add = [](auto& field, const auto& more) {
        return !more || narrow(field, more->values, more->acl);
    };
    return (!other.method || narrow(into, *other.method)) && add(into.clients, other.clients) &&
           add(into.users, other.users) && add(into.hosts, other.hosts) &&
           add(into.networks, other.networks) && add(into.ports, other.ports);
}

// Reads one line's conditions. What is known of a list only in part is read so that an allow allows
// less and a deny denies more.
class StatementReader {
public:
    StatementReader(const Line& line, const Acls& acls, std::vector<ImportNote>& notes)
        : line_{line}, acls_{acls}, notes_{notes}
    {
    }

    // Empty when the line can match no request.
    std::optional<Statement> read();

private:
    bool require(const Acl& acl);
    bool exclude(const Acl& acl);
    void differs(const std::string& acl);

    const Line& line_;
    const Acls& acls_;
    std::vector<ImportNote>& notes_;
    Statement statement_;
};

std::optional<Statement> StatementReader::read()
{
    const auto& tokens = line_.tokens;
    const bool understood = tokens.size() >= 2 && (tokens[1] == "allow" || tokens[1] == "deny");
    if (!understood) {
        notes_.push_back({line_.number, "not imported: neither allow nor deny", true});
        return std::nullopt;
    }
    statement_.allow = tokens[1] == "allow";
    statement_.line = line_.number;
    statement_.text = line_.text.substr(line_.text.find(tokens[1]));
    for (std::size_t i = 2; i < tokens.size(); ++i) {
        const bool negated = tokens[i].starts_with('!');
        const auto name = negated ? tokens[i].substr(1) : tokens[i];
        static const Acl nobody_knows = [] {
            Acl acl;
            acl.incomplete = true;
            return acl;
        }();
        const auto* acl = acls_.find(name);
        if (acl == nullptr) {
            notes_.push_back({line_.number, "there is no list called " + name, true});
            acl = &nobody_knows;
        }
        if (acl->incomplete)
            differs(name);
        if (acl->kind == Kind::users && !statement_.login)
            statement_.login = {statement_.box, statement_.excluded.size()};
        if (!(negated ? exclude(*acl) : require(*acl))) {
            statement_.idle = true;
            if (statement_.login)
                return std::move(statement_);
            notes_.push_back(
                {line_.number, "left out: it matches no request that Adit would take", false});
            return std::nullopt;
        }
    }
    return std::move(statement_);
}

bool StatementReader::require(const Acl& acl)
{
    if (!acl.incomplete || statement_.allow)
        return narrow(statement_.box, acl);
    if (acl.kind == Kind::methods && !acl.connect)
        return narrow(statement_.box,
                      Method::http);  // whatever the methods are, they are no CONNECT
    return true;
}

bool StatementReader::exclude(const Acl& acl)
{
    if (acl.incomplete && statement_.allow)
        return acl.kind == Kind::methods && !acl.connect && narrow(statement_.box, Method::connect);
    switch (acl.kind) {
        case Kind::everything:
            return false;
        case Kind::methods:
            return !acl.connect || narrow(statement_.box, Method::http);
        case Kind::nothing:
        case Kind::unknown:
            return true;
        case Kind::ports:
            return narrow(statement_.box.ports, complement(acl.ports), {});
        default:
            statement_.excluded.push_back(&acl);
            return true;
    }
}

void StatementReader::differs(const std::string& acl)
{
    notes_.push_back({line_.number,
                      fmt::format("{} is known only in part, so this line {} than it did", acl,
                                  statement_.allow ? "allows less" : "denies more"),
                      true});
}

// Writes the statements down one after the other.
class Translator {
public:
    Translator(const std::vector<Statement>& statements, bool allow_the_rest)
        : statements_{statements}, allow_the_rest_{allow_the_rest}, reached_(statements.size())
    {
    }

    // What the statements from `at` on say of the requests in `box`. `before` is the line that left
    // these requests out; 0 when it is about all requests.
    void translate(std::size_t at, const Box& box, std::size_t before);
    bool too_many() const { return rules_.size() > most_rules; }
    std::vector<AccessRule> take_rules() { return std::move(rules_); }
    const std::vector<bool>& reached() const { return reached_; }

private:
    // Each gives true when it leaves nothing of the box to later statements.
    bool ask_for_login(std::size_t at, const Box& box);
    bool write(std::size_t at, const Box& box, std::size_t before);
    void add(AccessRule rule);

    const std::vector<Statement>& statements_;
    bool allow_the_rest_;
    std::vector<AccessRule> rules_;
    std::vector<bool> reached_;
};

void Translator::translate(std::size_t at, const Box& box, std::size_t before)
{
    for (; at < statements_.size() && !too_many(); ++at) {
        reached_[at] = true;
        const bool asks = statements_[at].login && !box.users;
        const bool done = asks ? ask_for_login(at, box) : write(at, box, before);
        if (done)
            return;
    }
    if (before != 0)
        add({box, allow_the_rest_, 0, before, "whatever matches no line"});
}

// From here on everybody in the box has a name, or is refused.
bool Translator::ask_for_login(std::size_t at, const Box& box)
{
    const auto& statement = statements_[at];
    auto asked = box;
    if (!join(asked, statement.login->box))
        return false;
    for (std::size_t i = 0; i < statement.login->excluded; ++i) {
        auto left_out = asked;
        if (narrow(left_out, *statement.excluded[i]))
            translate(at + 1, left_out, statement.line);
    }
    auto named = asked;
    (void)narrow(named, logged_in());  // there was no list of users yet, so it cannot become empty
    translate(at, named, statement.line);
    add({asked, false, 0, statement.line, "whoever has not logged in"});
    return covers(asked, box);
}

bool Translator::write(std::size_t at, const Box& box, std::size_t before)
{
    const auto& statement = statements_[at];
    if (statement.idle)
        return false;
    auto matched = box;
    if (!join(matched, statement.box))
        return false;
    bool nothing_left = false;
    for (const auto* acl : statement.excluded) {
        auto left_out = matched;
        if (!narrow(left_out, *acl))
            continue;
        translate(at + 1, left_out, statement.line);
        nothing_left = nothing_left || covers(left_out, matched);
    }
    if (!nothing_left)
        add({matched, statement.allow, statement.line, before == statement.line ? 0 : before,
             statement.text});
    return covers(matched, box);
}

// Rules that an earlier one leaves nothing to are not written down. An allow without networks
// reaches public addresses only, so it leaves the others.
void Translator::add(AccessRule rule)
{
    const bool idle = std::ranges::any_of(rules_, [&](const AccessRule& earlier) {
        const bool reaches_all = !earlier.allow || earlier.box.networks.has_value();
        const bool reaches_less = rule.allow && !rule.box.networks;
        return (reaches_all || reaches_less) && covers(earlier.box, rule.box);
    });
    if (!idle || rule.before == 0)
        rules_.push_back(std::move(rule));
}

// A synthetic denial is superfluous when the next rule that could match any of it is a denial of all
// of it, or when there is none.
void drop_idle_denials(AccessRules& found)
{
    auto& rules = found.rules;
    for (std::size_t i = rules.size(); i-- > 0;) {
        if (rules[i].allow || rules[i].before == 0)
            continue;
        const auto next = std::find_if(rules.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                       rules.end(), [&](const AccessRule& later) {
                                           auto both = rules[i].box;
                                           return join(both, later.box);
                                       });
        const bool denied_anyway = next == rules.end()
                                       ? !found.allow_the_rest
                                       : !next->allow && covers(next->box, rules[i].box);
        if (denied_anyway)
            rules.erase(rules.begin() + static_cast<std::ptrdiff_t>(i));
    }
}

}  // namespace

AccessRules translate(const std::vector<Line>& lines, const Acls& acls,
                      std::vector<ImportNote>& notes)
{
    std::vector<Statement> statements;
    bool last_allows = true;  // no line at all: Squid denies
    for (const auto& line : lines) {
        if (auto statement = StatementReader{line, acls, notes}.read())
            statements.push_back(std::move(*statement));
        if (line.tokens.size() >= 2)
            last_allows = line.tokens[1] == "allow";
    }
    AccessRules found;
    found.allow_the_rest = !last_allows;
    Translator translator{statements, found.allow_the_rest};
    translator.translate(0, {}, 0);
    if (translator.too_many()) {
        notes.push_back({0,
                         "not imported: http_access leaves out so much, in so many ways, that it "
                         "would take thousands of rules; everything is denied",
                         true});
        found.allow_the_rest = false;
        return found;
    }
    for (std::size_t i = 0; i < statements.size(); ++i)
        if (!translator.reached()[i])
            notes.push_back({statements[i].line,
                             "left out: it is never reached, for a line above decides everything",
                             false});
    found.rules = translator.take_rules();
    // Where a line decides everything, nothing is left to the rule of the last line.
    const bool decided = std::ranges::any_of(
        found.rules, [](const AccessRule& rule) { return covers(rule.box, Box{}); });
    found.allow_the_rest = found.allow_the_rest && !decided;
    drop_idle_denials(found);
    return found;
}

}  // namespace adit::review::squid
