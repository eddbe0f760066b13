#include "policy/load_rules.hpp"

#include <algorithm>
#include <array>

#include "policy/control_characters.hpp"
#include "policy/internal_ranges.hpp"
#include "policy/load_conditions.hpp"
#include "policy/load_inner.hpp"
#include "policy/moment.hpp"
#include "policy/suggest.hpp"

namespace adit::policy {

namespace {

constexpr std::array<Key, 20> rule_keys{{
    {"name"},
    {"action"},
    {"listeners"},
    {"protocols"},
    {"clients"},
    {"users"},
    {"hosts"},
    {"networks"},
    {"ports"},
    {"observe"},
    {"owner"},
    {"reason"},
    {"ticket"},
    {"expires"},
    {"not"},
    {"when"},
    {"inner"},
    {"sni"},
    {"limits", "limits of a rule arrive with a later version; \"limits\" of the whole file exist"},
    {"uids"},
}};

constexpr std::array<std::string_view, 2> actions{"allow", "deny"};

// What a rule without a name is called.
std::string unnamed(const Place& place)
{
    return place.file == nullptr ? place.path : place.file->written + ": " + place.path;
}

// One rule on its way from the file.
class RuleReader {
public:
    RuleReader(const Place& place, const Reader& reader, Vocabulary& names)
        : reader_{reader}, names_{names}, fields_{place, reader.report(), rule_keys}
    {
        loaded_.place = place;
        loaded_.rule.name = unnamed(place);
    }

    LoadedRule read();

private:
    void read_name();
    void read_action();
    void read_networks_of_rule();
    void read_life();
    void read_note(std::string_view key, std::string& note);
    void read_expiry(const Place& place);
    void warn_of_swallowed(const Place& entry, const Network& network);
    void warn_of_networks(const Place& entry, const NetworkSet& meaning);

    const Reader& reader_;
    Vocabulary& names_;
    Fields fields_;
    LoadedRule loaded_;
};

LoadedRule RuleReader::read()
{
    auto& rule = loaded_.rule;
    read_name();
    read_action();
    loaded_.hosts = read_conditions(fields_, reader_, names_, rule);
    loaded_.hosts_at = fields_.find("hosts");
    read_networks_of_rule();
    if (const auto place = fields_.find("not"))
        rule.excluded = read_excluded(*place, reader_, names_);
    if (const auto place = fields_.find("observe"))
        rule.observe = reader_.boolean(*place).value_or(false);
    read_inner(fields_, reader_, names_.sets, rule);
    read_life();
    return std::move(loaded_);
}

void RuleReader::read_name()
{
    const auto place = fields_.find("name");
    const auto name = place ? reader_.text(*place, "a name") : std::nullopt;
    if (name && check_name(place->value->at, *place, *name, reader_))
        loaded_.rule.name = *name;
}

void RuleReader::read_action()
{
    const auto place = fields_.require("action", "write \"allow\" or \"deny\"");
    const auto action = place ? reader_.word(*place, actions) : std::nullopt;
    if (action)
        loaded_.rule.action = *action == 0 ? Action::allow : Action::deny;
}

void RuleReader::read_networks_of_rule()
{
    const auto place = fields_.find("networks");
    if (!place)
        return;
    const bool allows = loaded_.rule.action == Action::allow;
    loaded_.rule.networks = read_networks(*place, reader_, &names_.sets,
                                          [&](const Place& entry, const NetworkSet& meaning) {
                                              if (allows)
                                                  warn_of_networks(entry, meaning);
                                          });
}

// A network that is wider than an internal range and holds all of it was hardly meant to.
void RuleReader::warn_of_swallowed(const Place& entry, const Network& network)
{
    for (const auto& range : internal_ranges())
        if (network.prefix < range.network.prefix && network.contains(range.network.address)) {
            reader_.report().warning(
                entry, to_text(network) + " swallows all of " + to_text(range.network) + " (" +
                           std::string{text(range.word)} +
                           "); name the networks behind it that are meant, or add " +
                           quoted(text(range.word)) + " if it is");
            return;
        }
}

void RuleReader::warn_of_networks(const Place& entry, const NetworkSet& meaning)
{
    bool metadata = meaning.has(Word::metadata);
    for (const auto& network : meaning.networks()) {
        if (network.prefix == 0)
            reader_.report().warning(
                entry, to_text(network) + " swallows this machine's loopback and every internal " +
                           (network.address.is_v4() ? "IPv4" : "IPv6") +
                           " network, not only the internet; \"public\" is the word for the "
                           "internet, in both families");
        else
            warn_of_swallowed(entry, network);
        metadata = metadata || (network.is_single() &&
                                classify(network.address, Surroundings{}) == Word::metadata);
    }
    if (metadata)
        reader_.report().warning(
            entry,
            "this reaches the metadata service, which hands out this machine's "
            "cloud credentials; name \"users\" or \"clients\" as narrowly as "
            "you can");
}

void RuleReader::read_life()
{
    auto& life = loaded_.rule.life;
    read_note("owner", life.owner);
    read_note("reason", life.reason);
    read_note("ticket", life.ticket);
    if (const auto place = fields_.find("expires"))
        read_expiry(*place);
}

// Notes are printed and recorded as they stand.
void RuleReader::read_note(std::string_view key, std::string& note)
{
    constexpr std::size_t longest = 500;
    const auto place = fields_.find(key);
    const auto text = place ? reader_.text(*place, "a string") : std::nullopt;
    if (!text)
        return;
    if (text->empty() || text->size() > longest || holds_control_character(*text))
        reader_.report().mistake(*place,
                                 "this is 1 to 500 bytes on one line, without control "
                                 "characters; longer stories belong behind the \"ticket\"");
    note = *text;
}

void RuleReader::read_expiry(const Place& place)
{
    const auto text = reader_.text(place, "a date like \"2027-01-31\"");
    if (!text)
        return;
    loaded_.expires_at = place;
    auto& expires = loaded_.rule.life.expires;
    expires = parse_end_of_day(*text);
    if (!expires)
        expires = parse_instant(*text);
    if (!expires)
        reader_.report().mistake(place,
                                 quoted(*text) +
                                     " is neither a date like \"2027-01-31\" (its last day, in "
                                     "UTC) nor an instant like \"2027-01-31T18:00:00Z\"");
}

}  // namespace

std::string called(const LoadedRule& loaded)
{
    const auto name = unnamed(loaded.place);
    return loaded.rule.name == name ? name : name + ", " + quoted(loaded.rule.name) + ',';
}

bool names_anybody(const Rule& rule)
{
    const bool all_clients =
        rule.clients && std::ranges::any_of(rule.clients->networks(), [](const Network& network) {
            return network.prefix == 0;
        });
    return rule.users || rule.uids || (rule.clients && !all_clients);
}

void warn_of_equal_names(const std::vector<LoadedRule>& rules, const Reader& reader)
{
    std::map<std::string_view, const LoadedRule*> seen;
    for (const auto& loaded : rules) {
        const auto [first, is_new] = seen.emplace(loaded.rule.name, &loaded);
        if (!is_new)
            reader.report().warning(loaded.place, "another rule, " + unnamed(first->second->place) +
                                                      ", is called " + quoted(loaded.rule.name) +
                                                      " too; records will not tell them apart");
    }
}

std::vector<LoadedRule> read_rules(const Place& place, const Reader& reader, Vocabulary& names)
{
    std::vector<LoadedRule> rules;
    if (!reader.is(place, json::Kind::array, "a list of rules"))
        return rules;
    for (std::size_t i = 0; i < place.value->items.size(); ++i) {
        const auto before = reader.report().mistakes();
        auto loaded = RuleReader{place.item(i), reader, names}.read();
        if (reader.report().mistakes() == before)
            rules.push_back(std::move(loaded));
    }
    return rules;
}

}  // namespace adit::policy
