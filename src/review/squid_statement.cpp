#include "src/review/squid_statement.hpp"

#include <fmt/format.h>

namespace adit::review::squid {
namespace {

using Kind = Acl::Kind;

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

}  // namespace

std::optional<Statement> read_statement(const Line& line, const Acls& acls,
                                        std::vector<ImportNote>& notes)
{
    return StatementReader{line, acls, notes}.read();
}

Acl logged_in()
{
    Acl acl;
    acl.kind = Kind::users;
    acl.users.anyone = true;
    return acl;
}

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

bool holds_all(const Acl& acl, const Box& box)
{
    Box list;
    Narrowing exactly;  // there is nothing yet that could cross the list
    return narrow(list, acl, exactly) && covers(list, box);
}

ImportNote difference(std::size_t line, bool allow, std::string_view why)
{
    return {
        line,
        fmt::format("{}, so this line {} than it did", why, allow ? "allows less" : "denies more"),
        true};
}

}  // namespace adit::review::squid
