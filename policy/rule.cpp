#include "policy/rule.hpp"

namespace adit::policy {

namespace {

// Any logged-in user is certainly `*`, and might be one of the names.
Match match_users(const UserSet& users, const Subject& subject)
{
    if (!subject.user_unknown)
        return users.contains(subject.user) ? Match::yes : Match::no;
    if (users.anyone)
        return Match::yes;
    return users.names.empty() ? Match::no : Match::unknown;
}

}  // namespace

Match Rule::match_request(const Subject& subject, const Target& target,
                          const Surroundings& around) const
{
    if (protocols && !protocols->contains(subject.protocol))
        return Match::no;
    if (ports && !ports->contains(target.port))
        return Match::no;
    if (listeners && !listeners->contains(subject.listener))
        return Match::no;
    if (hosts && !hosts->contains(target.host))
        return Match::no;
    if (clients && !(subject.client && clients->contains_client(*subject.client, around)))
        return Match::no;
    return users ? match_users(*users, subject) : Match::yes;
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
