#include "src/review/squid_rules.hpp"

#include <algorithm>
#include <span>
#include <string_view>

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

// How a box is restricted where that cannot be said exactly.
struct Narrowing {
    Bound bound = Bound::least;
    bool exact = true;  // it could be said
};

template <class Values>
bool narrow(std::optional<Field<Values>>& field, const Field<Values>& other)
{
    if (!field)
        field = other;
    else
        field = Field<Values>{intersection(field->values, other.values), {}};
    return !is_empty(field->values);
}

bool narrow_hosts(std::optional<Field<Hosts>>& field, const Field<Hosts>& other, Narrowing& how)
{
    const bool exact = !field || is_exact(field->values, other.values);
    how.exact = how.exact && exact;
    if (!exact && how.bound == Bound::most)
        return true;
    return narrow(field, other);
}

// Restricts the box to the list. False when nothing is left.
bool narrow(Box& box, const Acl& acl, Narrowing& how)
{
    // Half a list is not the list that is named.
    const auto name = acl.incomplete ? std::string{} : acl.name;
    switch (acl.kind) {
        case Kind::everything:
            return true;
        case Kind::methods:
            return acl.connect && narrow(box, Method::connect);
        case Kind::clients:
            return narrow(box.clients, {acl.networks, name});
        case Kind::networks:
            return narrow(box.networks, {acl.networks, name});
        case Kind::hosts:
            return narrow_hosts(box.hosts, {acl.hosts, name}, how);
        case Kind::ports:
            return narrow(box.ports, {acl.ports, name});
        case Kind::times:
            return narrow(box, acl.week);
        case Kind::users:
            return narrow(box.users, {acl.users, name});
        case Kind::nothing:
        case Kind::unknown:
            return false;
    }
    return false;
}

bool join(Box& into, const Box& other, Narrowing& how)
{
    const auto add = [](auto& field, const auto& more) { return !more || narrow(field, *more); };
    return (!other.method || narrow(into, *other.method)) &&
           (!other.when || narrow(into, *other.when)) && add(into.clients, other.clients) &&
           add(into.users, other.users) &&
           (!other.hosts || narrow_hosts(into.hosts, *other.hosts, how)) &&
           add(into.networks, other.networks) && add(into.ports, other.ports);
}

// Whether the list holds whatever is in the box.
bool holds_all(const Acl& acl, const Box& box)
{
    Box list;
    Narrowing exactly;  // there is nothing yet that could cross the list
    return narrow(list, acl, exactly) && covers(list, box);
}

constexpr std::string_view crossing_hosts =
    "no rule can ask for two lists of hosts at once when there are regular expressions in them";

ImportNote difference(std::size_t line, bool allow, std::string_view why)
{
    return {
        line,
        fmt::format("{}, so this line {} than it did", why, allow ? "allows less" : "denies more"),
        true};
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
    bool condition(const Acl& acl, bool negated);
    void differs(const std::string& why);

    const Line& line_;
    const Acls& acls_;
    std::vector<ImportNote>& notes_;
    Statement statement_;
    Box asked_;  // whoever may fit what was read, however little is known of the lists
};

// Each restricts the box to what the list holds, or to what it does not hold, at the least or at the
// most; false when nothing is left. A list that is known in part holds more.
bool require(Box& box, const Acl& acl, Narrowing& how)
{
    if (!acl.incomplete || how.bound == Bound::least)
        return narrow(box, acl, how);
    // Whatever those methods are, they are not CONNECT.
    return acl.kind != Kind::methods || acl.connect || narrow(box, Method::http);
}

bool exclude(Box& box, const Acl& acl, Bound bound)
{
    if (acl.incomplete && bound == Bound::least)
        return acl.kind == Kind::methods && !acl.connect && narrow(box, Method::connect);
    switch (acl.kind) {
        case Kind::everything:
            return false;
        case Kind::methods:
            return !acl.connect || narrow(box, Method::http);
        case Kind::ports:
            return narrow(box.ports, {complement(acl.ports), {}});
        case Kind::times:
            return narrow(box, ~acl.week);
        default:
            return true;  // there is no such field; Statement::excluded says it
    }
}

bool is_excluded_as_list(const Acl& acl)
{
    return acl.kind == Kind::clients || acl.kind == Kind::networks || acl.kind == Kind::hosts ||
           acl.kind == Kind::users;
}

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
            differs(name + " is known only in part");
        if (acl->kind == Kind::users && !statement_.login)
            statement_.login = {asked_, statement_.excluded.size()};
        if (!condition(*acl, negated))
            break;
    }
    if (statement_.idle && !statement_.login) {
        notes_.push_back(
            {line_.number, "left out: it matches no request that Adit would take", false});
        return std::nullopt;
    }
    return std::move(statement_);
}

// False when Squid would read no further. That a line is known to match nothing is not enough: where
// little is known of a list, somebody may be asked for a login behind it.
bool StatementReader::condition(const Acl& acl, bool negated)
{
    Narrowing how{statement_.allow ? Bound::least : Bound::most};
    auto& box = statement_.box;
    const bool some = negated ? exclude(box, acl, how.bound) : require(box, acl, how);
    if (!how.exact && !statement_.idle)
        differs(std::string{crossing_hosts});
    statement_.idle = statement_.idle || !some;
    if (negated && is_excluded_as_list(acl))
        statement_.excluded.push_back(&acl);
    Narrowing most{Bound::most};
    return negated ? exclude(asked_, acl, most.bound) : require(asked_, acl, most);
}

void StatementReader::differs(const std::string& why)
{
    notes_.push_back(difference(line_.number, statement_.allow, why));
}

// Adds a list to what a rule leaves out. All of them are of one kind.
void widen(Box& left_out, const Acl& acl)
{
    const auto add = [&](auto& field, const auto& values, auto insert) {
        if (!field) {
            field = {values, acl.incomplete ? std::string{} : acl.name};
            return;
        }
        field->acl.clear();
        insert(field->values, values);
    };
    if (acl.kind == Kind::hosts)
        add(left_out.hosts, acl.hosts,
            [](Hosts& all, const Hosts& more) { all.insert(more.begin(), more.end()); });
    else if (acl.kind == Kind::clients)
        add(left_out.clients, acl.networks, [](Networks& all, const Networks& more) {
            all.insert(all.end(), more.begin(), more.end());
        });
    else
        add(left_out.users, acl.users, [](Users& all, const Users& more) {
            all.anyone = all.anyone || more.anyone;
            all.names.insert(more.names.begin(), more.names.end());
        });
}

// Whether the rule leaves nothing of the box to those below it.
bool decides(const AccessRule& rule, const Box& box)
{
    return !rule.left_out && covers(rule.box, box);
}

// Writes the statements down one after the other.
class Translator {
public:
    Translator(const std::vector<Statement>& statements, bool allow_the_rest)
        : statements_{statements},
          allow_the_rest_{allow_the_rest},
          reached_(statements.size()),
          inexact_(statements.size())
    {
    }

    // What the statements from `at` on say of the requests in `box`. `before` is the line that left
    // these requests out; 0 when it is about all requests.
    void translate(std::size_t at, const Box& box, std::size_t before);
    bool too_many() const { return rules_.size() > most_rules; }
    std::vector<AccessRule> take_rules() { return std::move(rules_); }
    const std::vector<bool>& reached() const { return reached_; }
    const std::vector<bool>& inexact() const { return inexact_; }

private:
    // What a statement leaves out of a box.
    struct Leavings {
        std::optional<Box> said;         // in the rule, by `not`
        std::vector<const Acl*> before;  // by rules of their own that stand before it
        bool everything = false;
    };
    static Leavings leave_out(const Box& box, std::span<const Acl* const> lists);
    void translate_left_out(std::size_t at, const Box& box, const Leavings& leavings, Bound bound);

    // Each gives true when it leaves nothing of the box to later statements.
    bool ask_for_login(std::size_t at, const Box& box);
    bool write(std::size_t at, const Box& box, std::size_t before);
    void add(AccessRule rule);
    void note_exactness(std::size_t at, const Narrowing& how);

    const std::vector<Statement>& statements_;
    bool allow_the_rest_;
    std::vector<AccessRule> rules_;
    std::vector<bool> reached_;
    std::vector<bool> inexact_;  // by statement
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
        add({box, {}, allow_the_rest_, 0, before, "whatever matches no line"});
}

Translator::Leavings Translator::leave_out(const Box& box, std::span<const Acl* const> lists)
{
    Leavings leavings;
    const auto has = [&](Kind kind) {
        return std::ranges::find(lists, kind, &Acl::kind) != lists.end();
    };
    const auto of_not = has(Kind::hosts)     ? Kind::hosts
                        : has(Kind::clients) ? Kind::clients
                                             : Kind::users;
    for (const auto* acl : lists) {
        auto both = box;
        Narrowing how{Bound::most};
        if (!narrow(both, *acl, how))
            continue;  // it holds nothing of the box
        leavings.everything = leavings.everything || holds_all(*acl, box);
        const bool too_many =
            leavings.said && leavings.said->hosts &&
            count_patterns(leavings.said->hosts->values) + count_patterns(acl->hosts) >
                most_patterns;
        if (acl->kind != of_not || too_many) {
            leavings.before.push_back(acl);
            continue;
        }
        if (!leavings.said)
            leavings.said.emplace();
        widen(*leavings.said, *acl);
    }
    return leavings;
}

void Translator::translate_left_out(std::size_t at, const Box& box, const Leavings& leavings,
                                    Bound bound)
{
    for (const auto* acl : leavings.before) {
        auto left_out = box;
        Narrowing how{bound};
        if (narrow(left_out, *acl, how))
            translate(at + 1, left_out, statements_[at].line);
    }
}

// From here on everybody in the box has a name, or is refused.
bool Translator::ask_for_login(std::size_t at, const Box& box)
{
    const auto& statement = statements_[at];
    auto asked = box;
    Narrowing how{Bound::most};
    const bool some = join(asked, statement.login->box, how);
    note_exactness(at, how);
    if (!some)
        return false;
    const std::span lists{statement.excluded};
    const auto leavings = leave_out(asked, lists.first(statement.login->excluded));
    translate_left_out(at, asked, leavings, Bound::least);
    auto named = asked;
    (void)narrow(named, logged_in(), how);  // there was no list of users yet: it is not empty
    translate(at, named, statement.line);
    add({asked, leavings.said, false, 0, statement.line, "whoever has not logged in"});
    return !leavings.said && covers(asked, box);
}

bool Translator::write(std::size_t at, const Box& box, std::size_t before)
{
    const auto& statement = statements_[at];
    if (statement.idle)
        return false;
    auto matched = box;
    Narrowing how{statement.allow ? Bound::least : Bound::most};
    const bool some = join(matched, statement.box, how);
    note_exactness(at, how);
    if (!some)
        return false;
    const auto leavings = leave_out(matched, statement.excluded);
    translate_left_out(at, matched, leavings, statement.allow ? Bound::most : Bound::least);
    if (!leavings.everything)
        add({matched, leavings.said, statement.allow, statement.line,
             before == statement.line ? 0 : before, statement.text});
    return !leavings.said && covers(matched, box);
}

void Translator::note_exactness(std::size_t at, const Narrowing& how)
{
    inexact_[at] = inexact_[at] || !how.exact;
}

// Rules that an earlier one leaves nothing to are not written down. An allow without networks
// reaches public addresses only, so it leaves the others.
void Translator::add(AccessRule rule)
{
    const bool idle = std::ranges::any_of(rules_, [&](const AccessRule& earlier) {
        const bool reaches_all = !earlier.allow || earlier.box.networks.has_value();
        const bool reaches_less = rule.allow && !rule.box.networks;
        return (reaches_all || reaches_less) && decides(earlier, rule.box);
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
                                           Narrowing perhaps{Bound::most};
                                           return join(both, later.box, perhaps);
                                       });
        const bool denied_anyway = next == rules.end()
                                       ? !found.allow_the_rest
                                       : !next->allow && decides(*next, rules[i].box);
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
    for (std::size_t i = 0; i < statements.size(); ++i)
        if (translator.inexact()[i])
            notes.push_back(difference(statements[i].line, statements[i].allow, crossing_hosts));
    found.rules = translator.take_rules();
    // Where a line decides everything, nothing is left to the rule of the last line.
    const bool decided = std::ranges::any_of(
        found.rules, [](const AccessRule& rule) { return decides(rule, Box{}); });
    found.allow_the_rest = found.allow_the_rest && !decided;
    drop_idle_denials(found);
    return found;
}

}  // namespace adit::review::squid
