#include "policy/load_settings.hpp"

#include <algorithm>
#include <array>

#include "policy/entries.hpp"
#include "policy/suggest.hpp"

namespace adit::policy {

namespace {

using namespace std::chrono_literals;

constexpr std::array<Key, 5> limits_keys{{{"handshake_timeout"},
                                          {"connect_timeout"},
                                          {"inner_timeout"},
                                          {"idle_timeout"},
                                          {"drain_timeout"}}};
constexpr std::array<Key, 5> logins_keys{
    {{"failures"}, {"client_failures"}, {"lockout"}, {"forget"}, {"delay"}}};
constexpr std::array<Key, 1> tokens_keys{{{"key_file"}}};
constexpr std::array<Key, 3> resolver_keys{{{"servers"}, {"timeout"}, {"nat64"}}};
constexpr std::array<Key, 4> log_keys{{{"access"}, {"when_full"}, {"level"}, {"rule_life"}}};

constexpr std::array<Key, 2> reload_keys{{{"tunnels"}, {"grace"}}};

constexpr std::array<std::string_view, 3> reload_words{"keep", "report", "close"};
constexpr std::array reloads{OnReload::keep, OnReload::report, OnReload::close};

constexpr std::array<std::string_view, 2> log_words{"stdout", "off"};
constexpr std::array<std::string_view, 2> full_words{"block", "drop"};
constexpr std::array when_full_values{WhenFull::block, WhenFull::drop};
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
    read_duration(fields, "inner_timeout", reader, 10ms, 1h, limits.inner_timeout);
    read_duration(fields, "idle_timeout", reader, 10ms, 24h * 365, limits.idle_timeout);
    read_duration(fields, "drain_timeout", reader, 0ms, 24h, limits.drain_timeout);
    return limits;
}

LoginSettings read_logins(const Place& place, const Reader& reader)
{
    LoginSettings logins;
    const Fields fields{place, reader.report(), logins_keys};
    const auto failures = fields.find("failures");
    const auto client_failures = fields.find("client_failures");
    if (failures)
        logins.failures = reader.whole(*failures, 2, 1000).value_or(logins.failures);
    if (client_failures)
        logins.client_failures =
            reader.whole(*client_failures, 2, 100'000).value_or(logins.client_failures);
    if (logins.client_failures < logins.failures)
        reader.report().mistake(
            client_failures ? *client_failures : *failures,
            "a client would be locked out after " + std::to_string(logins.client_failures) +
                " failures, before any of its users after " + std::to_string(logins.failures) +
                "; make \"client_failures\" at least as large as \"failures\"");
    read_duration(fields, "lockout", reader, 10ms, 24h, logins.lockout);
    read_duration(fields, "forget", reader, 1s, 24h * 7, logins.forget);
    read_duration(fields, "delay", reader, 0ms, 4s, logins.delay);
    return logins;
}

TokenSettings read_tokens(const Place& place, const Reader& reader)
{
    TokenSettings tokens;
    const Fields fields{place, reader.report(), tokens_keys};
    const auto file = fields.require("key_file",
                                     "write the path of the key that \"adit token "
                                     "--new-key\" made");
    const auto path = file ? reader.text(*file, "a file's path") : std::nullopt;
    if (path && path->empty())
        reader.report().mistake(*file, "an empty path names no file");
    tokens.key_file = path.value_or("");
    return tokens;
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
    if (const auto full = fields.find("when_full"))
        if (const auto chosen = reader.word(*full, full_words))
            log.when_full = when_full_values[*chosen];
    if (const auto level = fields.find("level"))
        if (const auto chosen = reader.word(*level, level_words))
            log.level = levels[*chosen];
    if (const auto life = fields.find("rule_life"))
        log.rule_life = reader.boolean(*life).value_or(false);
    return log;
}

void read_tunnels(const Place& place, const Reader& reader, ReloadSettings& settings)
{
    if (const auto chosen = reader.word(place, reload_words))
        settings.tunnels = reloads[*chosen];
}

// The kernel takes 107 bytes; a relative path would mean another place for each command.
std::string read_control(const Place& place, const Reader& reader)
{
    constexpr std::size_t longest = 107;
    const auto text = reader.text(place, "the path of the control socket");
    if (!text)
        return {};
    if (!text->starts_with('/') || text->ends_with('/') || text->size() > longest)
        reader.report().mistake(place, quoted(*text) +
                                           " is not the full path of a socket; write one that "
                                           "begins with a slash and has at most 107 bytes, like "
                                           "\"/run/adit/control.sock\"");
    return std::string{*text};
}

// A word, or an object when the grace time is given too.
ReloadSettings read_on_reload(const Place& place, const Reader& reader)
{
    ReloadSettings settings;
    if (place.value->kind == json::Kind::string) {
        read_tunnels(place, reader, settings);
        return settings;
    }
    if (!reader.is(place, json::Kind::object, "\"keep\", \"report\" or \"close\", or an object"))
        return settings;
    const Fields fields{place, reader.report(), reload_keys};
    if (const auto tunnels = fields.require("tunnels", "write \"keep\", \"report\" or \"close\""))
        read_tunnels(*tunnels, reader, settings);
    read_duration(fields, "grace", reader, 0ms, 24h, settings.grace);
    return settings;
}

}  // namespace

void read_settings(const Fields& fields, const Reader& reader, Configuration& configuration)
{
    if (const auto schema = fields.find("$schema"))
        (void)reader.text(*schema, "the schema's address");  // for editors only
    if (const auto workers = fields.find("workers"))
        configuration.workers = reader.whole(*workers, 0, 256).value_or(0);
    if (const auto logins = fields.find("logins"))
        configuration.logins = read_logins(*logins, reader);
    if (const auto tokens = fields.find("tokens"))
        configuration.tokens = read_tokens(*tokens, reader);
    if (const auto limits = fields.find("limits"))
        configuration.limits = read_limits(*limits, reader);
    if (const auto resolver = fields.find("resolver"))
        configuration.resolver = read_resolver(*resolver, reader);
    if (const auto log = fields.find("log"))
        configuration.log = read_log(*log, reader);
    if (const auto control = fields.find("control"))
        configuration.control = read_control(*control, reader);
    if (const auto own = fields.find("own_addresses"))
        configuration.own_addresses = read_texts(*own, reader, "addresses", parse_own_address);
    if (const auto reload = fields.find("on_reload"))
        configuration.on_reload = read_on_reload(*reload, reader);
    if (const auto reveal = fields.find("reveal_rules"))
        configuration.reveal_rules = reader.boolean(*reveal).value_or(true);
}

}  // namespace adit::policy
