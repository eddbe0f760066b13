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

// All fields but `networks` and `when`; false when one of them does not match.
bool ask_fields(const Conditions& fields, const Subject& subject, const Target& target,
                const Surroundings& around, Asking& asking)
{
    if (fields.protocols && !asking.ask(Field::protocols, Fact::protocol, subject,
                                        fields.protocols->contains(subject.protocol)))
        return false;
    if (fields.ports &&
        !asking.ask(Field::ports, Fact::port, subject, fields.ports->contains(target.port)))
        return false;
    if (fields.listeners && !asking.ask(Field::listeners, Fact::listener, subject,
                                        fields.listeners->contains(subject.listener)))
        return false;
    if (fields.hosts &&
        !asking.ask(Field::hosts, Fact::host, subject, fields.hosts->contains(target.host)))
        return false;
    if (fields.clients &&
        !asking.ask(Field::clients, Fact::client, subject,
                    subject.client && fields.clients->contains_client(*subject.client, around)))
        return false;
    if (fields.uids && !asking.ask(Field::uids, Fact::client, subject,
                                   subject.uid && fields.uids->contains(*subject.uid)))
        return false;
    if (fields.users && !match_users(*fields.users, subject, asking))
        return false;
    return true;
}

enum class Unknown : std::uint8_t { holds, waits };

bool ask_times(const std::optional<Times>& when, const Subject& subject, Unknown unknown,
               Asking& asking)
{
    if (!when)
        return true;
    const auto moment = subject.time_of_day ? subject.time_of_day : subject.at;
    if (moment)
        return asking.ask(Field::when, when->hold(*moment));
    if (unknown == Unknown::waits)
        asking.wait(Field::when, Fact::time);
    return true;
}

constexpr Facts address_alone{1U << static_cast<unsigned>(Fact::address)};

void wait(Matched& found, Field field, Facts facts)
{
    if (found.match == Match::yes)
        found = {Match::unknown, field, {}};
    found.unknown.add(facts);
}

// One request, with its address once that is known.
struct Request {
    const Subject& subject;
    const Target& target;
    const Destination* destination;
    const Surroundings& around;
};

Matched match_excluded(const Conditions& fields, Action action, const Request& request)
{
    Asking asking;
    if (!ask_fields(fields, request.subject, request.target, request.around, asking) ||
        !ask_times(fields.when, request.subject, Unknown::waits, asking))
        return asking.found();
    auto found = asking.found();
    if (!fields.networks)
        return found;
    if (request.destination == nullptr && !fields.networks->empty()) {
        wait(found, Field::networks, address_alone);
        return found;
    }
    const bool holds = request.destination != nullptr &&
                       (action == Action::allow ? fields.networks->denies(*request.destination)
                                                : fields.networks->allows(*request.destination));
    return holds ? found : Matched{Match::no, Field::networks, {}};
}

}  // namespace

std::string_view word(Field field)
{
    constexpr std::array<std::string_view, 12> words{"",      "listeners", "protocols", "clients",
                                                     "uids",  "users",     "hosts",     "networks",
                                                     "ports", "expires",   "when",      "not"};
    return words[static_cast<std::size_t>(field)];
}

std::string_view word(Fact fact)
{
    constexpr std::array<std::string_view, all_facts.size()> words{
        "listener", "protocol", "client", "user", "address", "time", "host", "port"};
    return words[static_cast<std::size_t>(fact)];
}

Matched Rule::match(const Subject& subject, const Target& target, const Destination* destination,
                    const Surroundings& around) const
{
    auto found = match_request(subject, target, around);
    if (found.match == Match::no)
        return found;
    if (excluded) {
        const auto inside =
            match_excluded(*excluded, action, {subject, target, destination, around});
        if (inside.match == Match::yes)
            return {Match::no, Field::not_, found.unknown};
        if (inside.match == Match::unknown)
            wait(found, Field::not_, inside.unknown);
    }
    const auto place = destination == nullptr        ? match_unresolved()
                       : match_address(*destination) ? Match::yes
                                                     : Match::no;
    if (place == Match::no)
        return {Match::no, Field::networks, found.unknown};
    if (place == Match::unknown)
        wait(found, Field::networks, address_alone);
    return found;
}

Matched Rule::match_request(const Subject& subject, const Target& target,
                            const Surroundings& around) const
{
    Asking asking;
    // The expiry last: most rules that do not match are spared a look at a distant part of
    // themselves.
    const auto unknown = subject.times_hold ? Unknown::holds : Unknown::waits;
    if (ask_fields(*this, subject, target, around, asking) &&
        ask_times(when, subject, unknown, asking))
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
