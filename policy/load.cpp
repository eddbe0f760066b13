#include "policy/load.hpp"

#include <algorithm>
#include <array>

#include "policy/load_listeners.hpp"
#include "policy/load_rules.hpp"
#include "policy/load_warnings.hpp"
#include "policy/suggest.hpp"
#include "policy/vocabulary.hpp"

namespace adit::policy {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view later_tests =
    "tests inside the configuration arrive with a later version";
constexpr std::string_view later_files =
    "reading rules from other files arrives with a later version";

constexpr std::array<Key, 20> configuration_keys{{
    {"$schema"},
    {"workers"},
    {"listeners"},
    {"users"},
    {"groups"},
    {"sets"},
    {"limits"},
    {"resolver"},
    {"log"},
    {"own_addresses"},
    {"rules"},
    {"mode", "observing arrives with a later version"},
    {"observe", "observing arrives with a later version"},
    {"tests", later_tests},
    {"includes", later_files},
    {"include", later_files},
    {"on_reload", "judging live tunnels again at a reload arrives with a later version"},
    {"reveal_rules", "hiding rule names from clients arrives with a later version"},
    {"admin", "the admin interface arrives with a later version"},
    {"upstreams", "upstream proxies arrive with a later version"},
}};

constexpr std::array<Key, 4> limits_keys{
    {{"handshake_timeout"}, {"connect_timeout"}, {"idle_timeout"}, {"drain_timeout"}}};
constexpr std::array<Key, 3> resolver_keys{{{"servers"}, {"timeout"}, {"nat64"}}};
constexpr std::array<Key, 3> log_keys{
    {{"access"},
     {"level"},
     {"when_full", "choosing what a full log does arrives with a later version"}}};

constexpr std::array<std::string_view, 2> log_words{"stdout", "off"};
constexpr std::array<std::string_view, 4> level_words{"error", "warning", "info", "debug"};
constexpr std::array levels{LogLevel::error, LogLevel::warning, LogLevel::info, LogLevel::debug};

void read_duration(const Fields& fields, std::string_view key, const Reader& reader,
                   milliseconds least, milliseconds most, milliseconds& value)
{
    if (const auto place = fields.find(key))
        value = reader.duration(*place, least, most).value_or(value);
}

Limits read_limits(const Place& place, const Reader& reader)
{
    Limits limits;
    const Fields fields{place, reader.report(), limits_keys};
    read_duration(fields, "handshake_timeout", reader, 10ms, 1h, limits.handshake_timeout);
    read_duration(fields, "connect_timeout", reader, 10ms, 1h, limits.connect_timeout);
    read_duration(fields, "idle_timeout", reader, 10ms, 24h * 365, limits.idle_timeout);
    read_duration(fields, "drain_timeout", reader, 0ms, 24h, limits.drain_timeout);
    return limits;
}

// A list of texts, each taken by `parse`.
template <class T>
std::vector<T> read_texts(const Place& place, const Reader& reader, std::string_view of,
                          Parsed<T> (*parse)(std::string_view))
{
    std::vector<T> values;
    reader.list(place, of, [&](const Place& item) {
        const auto text = reader.text(item, "a string");
        if (!text)
            return;
        const auto value = parse(*text);
        if (value)
            values.push_back(*value);
        else
            reader.report().mistake(item, value.error());
    });
    return values;
}

ResolverSettings read_resolver(const Place& place, const Reader& reader)
{
    ResolverSettings resolver;
    const Fields fields{place, reader.report(), resolver_keys};
    if (const auto servers = fields.find("servers"))
        resolver.servers = read_texts(*servers, reader, "name servers", parse_name_server);
    read_duration(fields, "timeout", reader, 10ms, 5min, resolver.timeout);
    if (const auto nat64 = fields.find("nat64"))
        resolver.nat64 = read_texts(*nat64, reader, "NAT64 prefixes", parse_nat64_prefix);
    return resolver;
}

// A bare word is more likely a slip than the name of a file.
bool is_log_destination(std::string_view text)
{
    return std::ranges::find(log_words, text) != log_words.end() ||
           text.find('/') != std::string_view::npos;
}

LogSettings read_log(const Place& place, const Reader& reader)
{
    LogSettings log;
    const Fields fields{place, reader.report(), log_keys};
    if (const auto access = fields.find("access")) {
        const auto text = reader.text(*access, "\"stdout\", \"off\" or a file's path");
        if (text)
            log.access = *text;
        if (text && !is_log_destination(*text))
            reader.report().mistake(*access, quoted(*text) +
                                                 " is not \"stdout\", \"off\" or a file's path, "
                                                 "which holds a slash" +
                                                 did_you_mean(*text, log_words));
    }
    if (const auto level = fields.find("level"))
        if (const auto chosen = reader.word(*level, level_words))
            log.level = levels[*chosen];
    return log;
}

void read_settings(const Fields& fields, const Reader& reader, Configuration& configuration)
{
    if (const auto schema = fields.find("$schema"))
        (void)reader.text(*schema, "the schema's address");  // for editors only
    if (const auto workers = fields.find("workers"))
        configuration.workers = reader.whole(*workers, 0, 256).value_or(0);
    if (const auto limits = fields.find("limits"))
        configuration.limits = read_limits(*limits, reader);
    if (const auto resolver = fields.find("resolver"))
        configuration.resolver = read_resolver(*resolver, reader);
    if (const auto log = fields.find("log"))
        configuration.log = read_log(*log, reader);
    if (const auto own = fields.find("own_addresses"))
        configuration.own_addresses = read_texts(*own, reader, "addresses", parse_own_address);
}

Vocabulary read_vocabulary(const Fields& fields, const Reader& reader, const LoadOptions& options)
{
    Vocabulary names;
    if (const auto users = fields.find("users"))
        names.users = read_users(*users, reader, options.is_password_hash);
    if (const auto groups = fields.find("groups"))
        names.groups = read_groups(*groups, reader, names.users.value_or(Users{}));
    if (const auto sets = fields.find("sets"))
        names.sets = read_sets(*sets, reader);
    return names;
}

std::vector<LoadedListener> gather_listeners(const Fields& fields, const Reader& reader,
                                             const LoadOptions& options, Vocabulary& names)
{
    if (!options.listen.empty())
        return listeners_from(options.listen, reader, names);
    const auto place = fields.require(
        "listeners", "write where to listen: [ { \"address\": \"127.0.0.1:1080\" } ]");
    return place ? read_listeners(*place, reader, names) : std::vector<LoadedListener>{};
}

std::vector<LoadedRule> gather_rules(const Place& root, const Fields& fields, const Reader& reader,
                                     Vocabulary& names)
{
    const auto place = fields.find("rules");
    if (!place || (place->value->kind == json::Kind::array && place->value->items.empty())) {
        reader.report().warning(place.value_or(root),
                                "there are no rules, so every request is denied");
        return {};
    }
    return read_rules(*place, reader, names);
}

Configuration read_configuration(const Place& root, const Reader& reader,
                                 const LoadOptions& options)
{
    Configuration configuration;
    const Fields fields{root, reader.report(), configuration_keys};
    if (!fields.is_object())
        return configuration;
    read_settings(fields, reader, configuration);
    auto names = read_vocabulary(fields, reader, options);
    const auto listeners = gather_listeners(fields, reader, options, names);
    const auto rules = gather_rules(root, fields, reader, names);

    check_collisions(listeners, reader);
    check_open_relay(listeners, rules, names, reader);
    warn_of_unused(names, reader);
    warn_of_late_denials(rules, reader);

    for (const auto& loaded : listeners)
        configuration.listeners.push_back(loaded.listener);
    std::vector<Rule> plain;
    for (const auto& loaded : rules)
        plain.push_back(loaded.rule);
    configuration.policy = Policy{std::move(plain)};
    configuration.users = std::move(names.users).value_or(Users{});
    return configuration;
}

}  // namespace

std::string to_text(const Mistake& mistake, std::string_view file)
{
    std::string text{file};
    if (mistake.line != 0)
        text += ':' + std::to_string(mistake.line) + ':' + std::to_string(mistake.column);
    if (!mistake.path.empty())
        text += ": " + mistake.path;
    return text + ": " + mistake.message;
}

Result<Loaded, Mistakes> load(std::string_view text, const LoadOptions& options)
{
    const auto root = json::parse(text);
    if (!root) {
        const auto& error = root.error();
        return Mistakes{{error.at.line, error.at.column, {}, error.message}};
    }
    Report report;
    Loaded loaded;
    loaded.configuration = read_configuration({&*root, {}}, Reader{report}, options);
    if (report.failed())
        return report.take_mistakes();
    loaded.warnings = report.take_warnings();
    return loaded;
}

}  // namespace adit::policy
