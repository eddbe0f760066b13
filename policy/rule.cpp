#include "policy/rule.hpp"

#include <array>

namespace adit::policy {

namespace {

// The asking that were asked so far, taken together.
class Asking {
public:
    // Each gives false when the rule cannot match any more.
    bool ask(Field field, bool matches)
    {
        if (!matches)
            found_ = {Match::no, field, found_.unknown};
        return matches;
    }
    bool ask(Field field, Fact fact, const Subject& subject, bool matches)
    {
        if (!subject.unknown.contains(fact))
            return ask(field, matches);
        wait(field, fact);
        return true;
    }
    void wait(Field field, Fact fact)
    {
        if (found_.match == Match::yes)
            found_ = {Match::unknown, field, {}};
        found_.unknown.add(fact);
    }
    const Matched& found() const { return found_; }

private:
    Matched found_;
};

// Any logged-in user is certainly `*`, and might be one of the names.
bool match_users(const UserSet& users, const Subject& subject, Asking& asking)
{
    if (!subject.unknown.contains(Fact::user) || users.anyone || users.names.empty())
        return asking.ask(Field::users, users.anyone && subject.unknown.contains(Fact::user)
                                            ? true
                                            : users.contains(subject.user));
    asking.wait(Field::users, Fact::user);
    return true;
}

}  // namespace

std::string_view word(Field field)
{
    constexpr std::array<std::string_view, 9> words{
        "", "listeners", "protocols", "clients", "users", "hosts", "networks", "ports", "expires"};
    return words[static_cast<std::size_t>(field)];
}

std::string_view word(Fact fact)
{
    constexpr std::array<std::string_view, 5> words{"listener", "protocol", "client", "user",
                                                    "address"};
    return words[static_cast<std::size_t>(fact)];
}

Matched Rule::match(const Subject& subject, const Target& target, const Destination* destination,
                    const Surroundings& around) const
{
    auto found = match_request(subject, target, around);
    if (found.match == Match::no)
        return found;
    const auto place = destination == nullptr        ? match_unresolved()
                       : match_address(*destination) ? Match::yes
                                                     : Match::no;
    if (place == Match::no)
        return {Match::no, Field::networks, found.unknown};
    if (place == Match::unknown) {
        if (found.match == Match::yes)
            found = {Match::unknown, Field::networks, {}};
        found.unknown.add(Fact::address);
    }
    return found;
}

Matched Rule::match_request(const Subject& subject, const Target& target,
                            const Surroundings& around) const
{
    Asking asking;
    if (protocols && !asking.ask(Field::protocols, Fact::protocol, subject,
                                 protocols->contains(subject.protocol)))
        return asking.found();
    if (ports && !asking.ask(Field::ports, ports->contains(target.port)))
        return asking.found();
    if (listeners && !asking.ask(Field::listeners, Fact::listener, subject,
                                 listeners->contains(subject.listener)))
        return asking.found();
    if (hosts && !asking.ask(Field::hosts, hosts->contains(target.host)))
        return asking.found();
    if (clients && !asking.ask(Field::clients, Fact::client, subject,
                               subject.client && clients->contains_client(*subject.client, around)))
        return asking.found();
    if (users && !match_users(*users, subject, asking))
        return asking.found();
    // Last: most rules that do not match are spared a look at a distant part of themselves.
    (void)asking.ask(Field::expires, !life.expired(subject.at));
    return asking.found();
}

bool Rule::match_address(const Destination& destination) const
{
    if (action == Action::deny)
        return !networks || networks->denies(destination);
    if (!networks)
        return destination.word == Word::public_;
    return networks->allows(destination);
}

Match Rule::match_unresolved() const
{
    if (networks && networks->empty())
        return Match::no;
    return action == Action::deny && !networks ? Match::yes : Match::unknown;
}

}  // namespace adit::policy
