#include "policy/load.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "policy/load_listeners.hpp"
#include "policy/load_rules.hpp"
#include "policy/load_settings.hpp"
#include "policy/load_tests.hpp"
#include "policy/load_warnings.hpp"
#include "policy/suggest.hpp"
#include "policy/vocabulary.hpp"

namespace adit::policy {

namespace {

constexpr std::array<Key, 22> configuration_keys{{
    {"$schema"},
    {"workers"},
    {"listeners"},
    {"users"},
    {"groups"},
    {"sets"},
    {"logins"},
    {"tokens"},
    {"limits"},
    {"resolver"},
    {"log"},
    {"control"},
    {"own_addresses"},
    {"rules"},
    {"mode"},
    {"tests"},
    {"on_reload"},
    {"reveal_rules"},
    {"includes"},
    {"user_files"},
    {"admin", "the admin interface arrives with a later version"},
    {"upstreams", "upstream proxies arrive with a later version"},
}};

Vocabulary read_vocabulary(const Fields& fields, const Reader& reader, const LoadOptions& options)
{
    Vocabulary names;
    names.find_zone = options.find_zone;
    names.user_number = options.user_number;
    if (const auto users = fields.find("users"))
        names.users = read_users(*users, reader, options.is_password_hash);
    if (const auto files = fields.find("user_files")) {
        if (!names.users)
            names.users.emplace();
        names.user_files = read_user_files(*files, reader, options.is_password_hash, *names.users);
    }
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
    return place ? read_listeners(*place, reader, names, options) : std::vector<LoadedListener>{};
}

// What passed once passes always: tests are about the file's own listeners, also while `--listen` puts
// others in their place. Mistakes in listeners that are not used are not told.
std::vector<LoadedListener> listeners_of_tests(const Fields& fields, const Reader& reader,
                                               LoadOptions options, Vocabulary& names,
                                               const std::vector<LoadedListener>& used)
{
    const auto place = fields.find("listeners");
    if (options.listen.empty() || !place)
        return used;
    Report unheard;
    options.inspect_tls = nullptr;
    names.listeners.clear();
    return read_listeners(*place, reader.reporting_to(unheard), names, options);
}

struct Included {
    std::string written;  // its path, as the configuration has it
    json::Value tree;     // places point into it
};
using Trees = std::map<std::string, Included>;  // by normal path

// "./rules.d//web.json" and "rules.d/web.json" are one file. The text alone is looked at, no link.
std::string normal(std::string_view path)
{
    std::vector<std::string_view> steps;
    std::string joined{path.starts_with('/') ? "/" : ""};
    while (!path.empty()) {
        const auto step = path.substr(0, path.find('/'));
        path.remove_prefix(std::min(path.size(), step.size() + 1));
        if (step.empty() || step == ".")
            continue;
        if (step == ".." && !steps.empty() && steps.back() != "..")
            steps.pop_back();
        else
            steps.push_back(step);
    }
    for (const auto step : steps)
        joined.append(step).append("/");
    return joined;
}

std::string twice(std::string_view written, std::string_view before)
{
    auto message = quoted(written) + " stands here twice";
    if (written != before)
        message += ", for it is the same file as " + quoted(before);
    return message;
}

constexpr std::array<Key, 2> included_keys{{{"$schema"}, {"rules"}}};

// One file of rules.
std::vector<LoadedRule> read_included(const Place& item, const Reader& reader, Vocabulary& names,
                                      Trees& trees)
{
    const auto path = reader.text(item, "the path of a file of rules");
    const auto* file = path ? reader.file(item, *path) : nullptr;
    if (file == nullptr)
        return {};
    const auto place = normal(file->path);
    if (const auto known = trees.find(place); known != trees.end()) {
        reader.report().mistake(item, twice(*path, known->second.written));
        return {};
    }
    auto parsed = json::parse(file->text);
    if (!parsed) {
        reader.report().mistake_in(*file, parsed.error().at, parsed.error().message);
        return {};
    }
    Included included{file->written, *std::move(parsed)};
    const auto& tree = trees.emplace(place, std::move(included)).first->second.tree;
    const Fields fields{{&tree, {}, file}, reader.report(), included_keys};
    const auto rules = fields.require("rules", "write the list of rules: { \"rules\": [ ... ] }");
    return rules ? read_rules(*rules, reader, names) : std::vector<LoadedRule>{};
}

std::vector<LoadedRule> gather_rules(const Place& root, const Fields& fields, const Reader& reader,
                                     Vocabulary& names, Trees& trees)
{
    const auto place = fields.find("rules");
    auto rules = place ? read_rules(*place, reader, names) : std::vector<LoadedRule>{};
    bool some = place && !(place->value->kind == json::Kind::array && place->value->items.empty());
    if (const auto includes = fields.find("includes")) {
        some = true;
        reader.list(*includes, "files", [&](const Place& item) {
            for (auto& rule : read_included(item, reader, names, trees))
                rules.push_back(std::move(rule));
        });
    }
    if (!some)
        reader.report().warning(place.value_or(root),
                                "there are no rules, so every request is denied");
    warn_of_equal_names(rules, reader);
    return rules;
}

constexpr std::array<std::string_view, 2> mode_words{"enforce", "observe"};

Mode read_mode(const Fields& fields, const Reader& reader)
{
    const auto place = fields.find("mode");
    const auto chosen = place ? reader.word(*place, mode_words) : std::nullopt;
    if (chosen.value_or(0) == 0)
        return Mode::enforce;
    reader.report().warning(*place,
                            "this policy only observes: what the rules deny is allowed wherever "
                            "the address is public, and only recorded; write \"enforce\" or take "
                            "the key out when the records are as you want them");
    return Mode::observe;
}

RuleIndex index_of(const std::vector<LoadedRule>& rules)
{
    std::vector<const Rule*> all;
    for (const auto& loaded : rules)
        all.push_back(&loaded.rule);
    return RuleIndex{all};
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
    Trees trees;
    auto rules = gather_rules(root, fields, reader, names, trees);

    check_collisions(listeners, reader);
    const auto mode = read_mode(fields, reader);
    check_open_relay(listeners, rules, names, mode, reader);
    warn_of_unused(names, reader);
    warn_of_late_denials(rules, reader);
    auto index = index_of(rules);
    warn_of_shadowed(rules, index, reader);
    warn_of_open_rules(rules, reader);
    warn_of_expiry(rules, options.now, reader);

    for (const auto& loaded : listeners)
        configuration.listeners.push_back(loaded.listener);
    std::vector<Rule> plain;
    for (auto& loaded : rules)
        plain.push_back(std::move(loaded.rule));
    configuration.policy = Policy{std::move(plain), mode, std::move(index)};
    if (const auto tests = fields.find("tests"))
        configuration.tests =
            run_tests(*tests, reader, configuration,
                      listeners_of_tests(fields, reader, options, names, listeners), names);
    const auto* own_users = root.value->find("users");
    configuration.holds_hashes = own_users != nullptr && !own_users->members.empty();
    configuration.users = std::move(names.users).value_or(Users{});
    configuration.user_files = std::move(names.user_files);
    return configuration;
}

}  // namespace

std::string to_text(const Mistake& mistake, std::string_view file)
{
    std::string text{mistake.file.empty() ? file : mistake.file};
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
    SourceFiles files{options.read_file, options.folder};
    loaded.configuration = read_configuration({&*root, {}}, Reader{report, files}, options);
    if (report.failed())
        return report.take_mistakes();
    loaded.warnings = report.take_warnings();
    return loaded;
}

}  // namespace adit::policy
