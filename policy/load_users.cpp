// Users, groups, and the lists that name them.
#include <algorithm>
#include <array>

#include "policy/control_characters.hpp"
#include "policy/suggest.hpp"
#include "policy/user_name.hpp"
#include "policy/vocabulary.hpp"

namespace adit::policy {

namespace {

constexpr std::array<Key, 1> user_keys{{{"password"}}};

// Nothing here repeats what was written: it may be the password itself.
std::string_view wrong_with_hash(const std::string& hash, bool (*is_hash)(const std::string&))
{
    if (hash == no_password)
        return {};
    if (!hash.starts_with('$'))
        return "this is not a password hash; \"adit passwd\" makes one from a password";
    if (is_hash != nullptr && !is_hash(hash))
        return "this password hash is malformed, weak or of a kind that is not accepted; \"adit "
               "passwd\" makes a good one";
    return {};
}

// One line of a file in htpasswd form: NAME:HASH
void read_user_line(const SourceFile& file, const ListLine& line, const Reader& reader,
                    bool (*is_hash)(const std::string&), Users& users)
{
    const json::Position at{line.line, line.column};
    const auto colon = line.text.find(':');
    if (colon == line.text.npos)
        return reader.report().mistake_in(
            file, at, "a user stands here as NAME:HASH, and this line has no colon");
    const auto name = line.text.substr(0, colon);
    std::string hash{line.text.substr(colon + 1)};
    if (const auto wrong = wrong_with_user_name(name); !wrong.empty())
        return reader.report().mistake_in(file, at, std::string{wrong});
    if (users.contains(name))
        return reader.report().mistake_in(
            file, at, "the user " + quoted(name) + " is there already; take one of the two out");
    if (const auto wrong = wrong_with_hash(hash, is_hash); !wrong.empty())
        reader.report().mistake_in(
            file, {line.line, line.column + colon + 1},
            std::string{wrong} + (wrong.ends_with("one") ? ", and so does \"htpasswd -B\"" : ""));
    users.emplace(name, std::move(hash));
}

std::optional<Place> password_of(const Place& user, const Reader& reader)
{
    if (user.value->kind == json::Kind::string)
        return user;
    if (user.value->kind != json::Kind::object) {
        reader.report().mistake(user, wrong_type("a password hash", *user.value));
        return std::nullopt;
    }
    const Fields fields{user, reader.report(), user_keys};
    return fields.require("password", "write the hash that \"adit passwd\" prints");
}

Group read_group(const Place& place, const Reader& reader, const Users& users)
{
    Group group{place, {}, false};
    reader.list(place, "users", [&](const Place& item) {
        const auto name = reader.text(item, "a user's name");
        if (!name)
            return;
        if (name->starts_with('@'))
            reader.report().mistake(
                item, "groups do not nest; write the members of " + quoted(*name) + " here");
        else if (!users.contains(*name))
            reader.report().mistake(
                item, "no user is called " + quoted(*name) + did_you_mean(*name, names_in(users)));
        else
            group.members.emplace(*name);
    });
    return group;
}

void add_group(const Place& item, std::string_view name, const Reader& reader, Vocabulary& names,
               UserSet& users)
{
    const auto group = names.groups.find(name);
    if (group == names.groups.end()) {
        reader.report().mistake(item, "no group is called " + quoted(name) +
                                          did_you_mean(name, names_in(names.groups), "@"));
        return;
    }
    group->second.used = true;
    users.names.insert(group->second.members.begin(), group->second.members.end());
}

void add_user(const Place& item, std::string_view name, const Reader& reader,
              const Vocabulary& names, UserSet& users)
{
    if (names.users && names.users->contains(name)) {
        users.names.emplace(name);
        return;
    }
    auto message = "no user is called " + quoted(name);
    if (!names.users)
        message += "; the file has no \"users\"";
    else if (names.groups.contains(name))
        message += "; the group is written " + quoted("@" + std::string{name});
    else
        message += did_you_mean(name, names_in(*names.users));
    reader.report().mistake(item, message);
}

}  // namespace

std::string_view wrong_with_user_name(std::string_view name)
{
    if (name.empty())
        return "an empty user name is nobody";
    if (name.front() == '@')
        return "\"@\" in front marks groups; a user's name begins with something else";
    if (name == "*")
        return "\"*\" means anyone who is logged in; no user can be called so";
    if (name.find(':') != std::string_view::npos)
        return "a user name cannot hold a colon (RFC 7617)";
    if (name.size() > 255)
        return "a user name has at most 255 bytes (RFC 1929)";
    if (holds_control_character(name))
        return "a user name holds no control characters";
    return {};
}

Users read_users(const Place& place, const Reader& reader, bool (*is_hash)(const std::string&))
{
    Users users;
    reader.map(place, "users", [&](const Place& entry, const json::Member& member) {
        const auto wrong = wrong_with_user_name(member.key);
        if (!wrong.empty())
            reader.report().mistake_at(member.at, entry, std::string{wrong});
        // A user with a mistake is still known by name: rules that name them are no more mistakes.
        auto& stored = users[member.key];
        const auto password = password_of(entry, reader);
        const auto hash = password ? reader.text(*password, "a password hash")
                                   : std::optional<std::string_view>{};
        if (!hash)
            return;
        stored = *hash;
        if (const auto bad = wrong_with_hash(stored, is_hash); !bad.empty())
            reader.report().mistake(*password, std::string{bad});
    });
    return users;
}

std::vector<std::string> read_user_files(const Place& place, const Reader& reader,
                                         bool (*is_hash)(const std::string&), Users& users)
{
    std::vector<std::string> paths;
    reader.list(place, "files", [&](const Place& item) {
        const auto path = reader.text(item, "the path of a file in htpasswd form");
        const auto* file = path ? reader.file(item, *path) : nullptr;
        if (file == nullptr)
            return;
        if (std::ranges::find(paths, file->path) != paths.end())
            return reader.report().mistake(item, quoted(*path) + " stands here twice");
        paths.push_back(file->path);
        const auto before = reader.report().mistakes();
        for (const auto& line : list_lines(file->text, Comments::at_line_start)) {
            read_user_line(*file, line, reader, is_hash, users);
            if (reader.report().mistakes() >= before + most_mistakes_of_file)
                break;
        }
    });
    return paths;
}

Groups read_groups(const Place& place, const Reader& reader, const Users& users)
{
    Groups groups;
    reader.map(place, "groups", [&](const Place& entry, const json::Member& member) {
        if (check_name(member.at, entry, member.key, reader))
            groups.emplace(member.key, read_group(entry, reader, users));
    });
    return groups;
}

UserSet read_user_set(const Place& place, const Reader& reader, Vocabulary& names)
{
    UserSet users;
    reader.list(place, "users", [&](const Place& item) {
        const auto name = reader.text(item, "a user's name");
        if (!name)
            return;
        if (*name == "*")
            users.anyone = true;
        else if (name->starts_with('@'))
            add_group(item, name->substr(1), reader, names, users);
        else
            add_user(item, *name, reader, names, users);
    });
    return users;
}

bool check_name(json::Position at, const Place& place, std::string_view name, const Reader& reader)
{
    constexpr std::size_t longest = 128;
    if (name.empty()) {
        reader.report().mistake_at(at, place, "a name is never empty");
        return false;
    }
    if (name.front() == '@') {
        reader.report().mistake_at(
            at, place,
            "the \"@\" is written only where the name is used; call it " + quoted(name.substr(1)));
        return false;
    }
    if (name.size() > longest || holds_control_character(name)) {
        reader.report().mistake_at(at, place,
                                   "a name has at most 128 bytes and no control "
                                   "characters");
        return false;
    }
    return true;
}

}  // namespace adit::policy
