#include "src/review/squid_rules.hpp"

#include <algorithm>
#include <span>
#include <string_view>

#include <fmt/format.h>

#include "src/review/squid_statement.hpp"

namespace adit::review::squid {
namespace {

using Kind = Acl::Kind;

// Leaving requests out doubles the work with each list; real files stay far below.
constexpr std::size_t most_rules = 5000;

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
        if (auto statement = read_statement(line, acls, notes))
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
