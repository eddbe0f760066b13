// Files that a configuration names: lists, users, rules.
#include <map>

#include "policy/source_file.hpp"
#include "tests/policy/judging.hpp"
#include "tests/policy/loading.hpp"

namespace adit::policy {
namespace {

using Files = std::map<std::string, std::string>;

LoadOptions with_files(Files files, std::string folder = "")
{
    LoadOptions options;
    options.folder = std::move(folder);
    options.read_file =
        [files = std::move(files)](const std::string& path) -> Result<std::string, std::string> {
        const auto found = files.find(path);
        if (found == files.end())
            return {boost::system::in_place_error, "open " + path + ": No such file or directory"};
        return {boost::system::in_place_value, found->second};
    };
    return options;
}

std::string entries_of(std::string_view text, Comments comments = Comments::behind_blanks)
{
    std::string all;
    for (const auto& line : list_lines(text, comments))
        all += std::to_string(line.line) + ':' + std::to_string(line.column) + ' ' +
               std::string{line.text} + '\n';
    return all;
}

bool allows(const Configuration& configuration, const std::string& to, const std::string& address)
{
    return testing::judge(configuration.policy, {to, address}).allowed();
}

constexpr std::string_view listening = R"("listeners": [ { "address": "127.0.0.1:1080" } ],)";

std::string file_with(std::string_view members)
{
    return "{ " + std::string{listening} + '\n' + std::string{members} + " }";
}

TEST_CASE("a list has one entry a line; blanks, comments and empty lines are left out")
{
    CHECK(entries_of("a\n  b.example  # why\r\n\n# all of it\n\t#x\n/a#b/\nc") ==
          "1:1 a\n2:3 b.example\n6:1 /a#b/\n7:1 c\n");
    CHECK(entries_of("\xEF\xBB\xBF"
                     "a\n") == "1:1 a\n");
    CHECK(entries_of("").empty());
    CHECK(entries_of("# nothing").empty());
    CHECK(entries_of("a#1:$2 #3\n # no\n", Comments::at_line_start) == "1:1 a#1:$2 #3\n");
}

TEST_CASE(
    "hosts and networks are read from files, in rules and in sets, from the folder of the file")
{
    const auto options = with_files(
        {{"/etc/adit/lists/bad.txt", "evil.example # since Monday\n*.ads.example\n/x[0-9]+/\n"},
         {"/srv/nets", "10.8.0.0/16\nfd00::/8\n"}},
        "/etc/adit");
    const auto configuration =
        loaded(file_with(R"("sets": { "bad": { "hosts": ["file:lists/bad.txt", "one.more"] } },
            "rules": [ { "action": "deny", "hosts": ["@bad"] },
                       { "action": "allow", "networks": ["file:/srv/nets", "public"] } ])"),
               options)
            .configuration;
    CHECK_FALSE(allows(configuration, "evil.example:443", "8.8.8.8"));
    CHECK_FALSE(allows(configuration, "x.ads.example:443", "8.8.8.8"));
    CHECK_FALSE(allows(configuration, "x17:443", "8.8.8.8"));
    CHECK_FALSE(allows(configuration, "one.more:443", "8.8.8.8"));
    CHECK(allows(configuration, "good.example:443", "8.8.8.8"));
    CHECK(allows(configuration, "good.example:443", "10.8.0.1"));
    CHECK_FALSE(allows(configuration, "good.example:443", "10.9.0.1"));
}

TEST_CASE("an empty file matches nothing, and no rule is said to cover what it is for")
{
    const auto result = loaded(file_with(R"("rules": [ { "action": "deny", "ports": [25] },
            { "action": "allow", "hosts": ["file:hosts"] },
            { "action": "allow", "networks": ["file:nets"], "ports": [25] },
            { "action": "allow", "clients": ["file:nets"] } ])"),
                               with_files({{"hosts", "# none yet\n"}, {"nets", ""}}));
    CHECK(lines(result.warnings).empty());
    CHECK_FALSE(allows(result.configuration, "a.example:443", "8.8.8.8"));
    CHECK(testing::by_name(result.configuration.policy, "a.example:443"));
}

TEST_CASE("a mistake in a list is told with its file and line, once, and not for ever")
{
    const auto rules = file_with(R"("rules": [
        { "action": "allow", "hosts": ["file:h"], "networks": ["file:n"] },
        { "action": "deny", "hosts": ["file:h"] } ])");
    CHECK(
        mistakes_in(
            rules,
            with_files({{"h", "good.example\n0.0.0.0 evil.example\n .dot.example\n@set\nfile:x\n"},
                        {"n", "10.0.0.1/8\n"}})) ==
        "h:2:1: \"0.0.0.0 evil.example\" holds a blank; write one entry a line\n"
        "h:3:2: \".dot.example\" begins with a dot; did you mean \"*.dot.example\"?\n"
        "h:4:1: \"@set\" stands in a file, and files name no sets and no files\n"
        "h:5:1: \"file:x\" stands in a file, and files name no sets and no files\n"
        "n:1:1: \"10.0.0.1/8\" has bits set behind its prefix; did you mean \"10.0.0.0/8\"?\n");
    std::string wrong;
    for (int i = 0; i < 100'000; ++i)
        wrong += "1.2.3.4\n";
    const auto told = mistakes_in(rules, with_files({{"h", wrong}, {"n", "a\xFF"}}));
    CHECK(std::ranges::count(told, '\n') == 22);
    CHECK(told.find("h:21:1: and so on: the rest of this file is not told\n") != told.npos);
    CHECK(told.find("n:1:2: ") != told.npos);
}

TEST_CASE("doubts about the lines of a list are told, once, and not for ever")
{
    const auto text = file_with(R"("rules": [ { "action": "allow", "hosts": ["file:h"] },
        { "action": "deny", "hosts": ["file:h"], "ports": [25] } ])");
    std::string doubtful;
    for (int i = 0; i < 100'000; ++i)
        doubtful += "10.0.0.1.nip.io\n";
    const auto told = lines(loaded(text, with_files({{"h", doubtful}})).warnings);
    CHECK(told.starts_with("h:1:1: \"10.0.0.1.nip.io\" looks like an address"));
    CHECK(told.find("h:20:1: \"10.0.0.1.nip.io\" looks like an address") != told.npos);
    CHECK(told.find("h:21:1: and so on: the rest of this file is not told\n") != told.npos);
    CHECK(told.find("h:22:") == told.npos);
    doubtful = "good.example\n10.0.0.1.nip.io\n";
    const auto once = lines(loaded(text, with_files({{"h", doubtful}})).warnings);
    CHECK(once.find("h:2:1: ") != once.npos);
    CHECK(once.find("and so on") == once.npos);
}

TEST_CASE("a file that cannot be read is a mistake where it is named")
{
    CHECK(
        mistakes_in(
            file_with(R"("rules": [ { "action": "allow", "hosts": ["file:gone", "file:"] } ])"),
            with_files({}, "/etc/adit")) ==
        "file:2:43: rules[0].hosts[0]: cannot read \"gone\": open /etc/adit/gone: No such file or "
        "directory\n"
        "file:2:56: rules[0].hosts[1]: a file's path is never empty\n");
}

TEST_CASE("a list has at most a thousand regular expressions")
{
    std::string many;
    for (int i = 0; i < 1001; ++i)
        many += "/a" + std::to_string(i) + "/\n";
    const auto told =
        mistakes_in(file_with(R"("rules": [ { "action": "deny", "hosts": ["file:h"] } ])"),
                    with_files({{"h", many}}));
    CHECK(told.starts_with("h:1001:1: a list has at most 1000 regular expressions"));
}

TEST_CASE("users are read from files in htpasswd form, beside those of the configuration")
{
    const auto result = loaded(
        file_with(R"("users": { "alice": "$y$a" }, "user_files": ["more", "/abs"],
            "groups": { "ops": ["bob"] },
            "rules": [ { "action": "allow", "users": ["@ops", "c#d"] } ])"),
        with_files({{"dir/more", "# people\nbob:$2y$05$b\n\n"}, {"/abs", "c#d:$2y$05$c\r\n"}},
                   "dir"));
    const auto& configuration = result.configuration;
    CHECK(configuration.users.at("bob") == "$2y$05$b");
    CHECK(configuration.users.at("c#d") == "$2y$05$c");
    CHECK(configuration.user_files == std::vector<std::string>{"dir/more", "/abs"});
    CHECK(configuration.holds_hashes);
    const auto only =
        loaded(file_with(R"("user_files": ["f"], "rules": [ { "action": "allow" } ])"),
               with_files({{"f", ""}}));
    CHECK(only.configuration.listeners[0].login == protocols::Login::required);
    CHECK_FALSE(only.configuration.holds_hashes);
}

TEST_CASE("a mistake in a file of users never repeats what may be a password")
{
    const auto told = mistakes_in(
        file_with(
            R"("users": { "alice": "$y$a" }, "user_files": ["f"], "rules": [ { "action": "allow" } ])"),
        with_files({{"f", "alice:$y$b\nno colon secret\nbob:secret\n:$y$x\n@eve:$y$x\n"}}));
    CHECK(told ==
          "f:1:1: the user \"alice\" is there already; take one of the two out\n"
          "f:2:1: a user stands here as NAME:HASH, and this line has no colon\n"
          "f:3:5: this is not a password hash; \"adit passwd\" makes one from a password\n"
          "f:4:1: an empty user name is nobody\n"
          "f:5:1: \"@\" in front marks groups; a user's name begins with something else\n");
}

TEST_CASE("the rules of included files are asked in the order of the list, after the file's own")
{
    const auto options = with_files({{"r/b.json", R"({ "rules": [ { "action": "deny" } ] })"},
                                     {"r/a.json",
                                      "// more\n{ \"rules\": [ { \"name\": \"a\", \"action\": "
                                      "\"allow\", \"hosts\": [\"@s\"] }, ] }"}});
    const auto result =
        loaded(file_with(R"("sets": { "s": { "hosts": ["a.example", "evil.example"] } },
            "includes": ["r/a.json", "r/b.json"],
            "rules": [ { "name": "own", "action": "deny", "hosts": ["evil.example"] } ])"),
               options);
    std::string names;
    for (const auto& rule : result.configuration.policy.rules())
        names += rule.name + '\n';
    CHECK(names == "own\na\nr/b.json: rules[0]\n");
    CHECK(allows(result.configuration, "a.example:443", "8.8.8.8"));
    CHECK_FALSE(allows(result.configuration, "evil.example:443", "8.8.8.8"));
}

TEST_CASE("a file is included once, however its path is written")
{
    const std::string rules = R"({ "rules": [ { "action": "deny", "ports": [25] } ] })";
    const auto text = file_with(
        R"("includes": ["r.json", "./r.json", "d/../r.json", "/etc//adit/r.json", "d/r.json", "../r.json"])");
    CHECK(
        mistakes_in(text, with_files({{"/etc/adit/r.json", rules},
                                      {"/etc/adit/./r.json", rules},
                                      {"/etc/adit/d/../r.json", rules},
                                      {"/etc//adit/r.json", rules},
                                      {"/etc/adit/d/r.json", rules},
                                      {"/etc/adit/../r.json", rules}},
                                     "/etc/adit")) ==
        "file:2:24: includes[1]: \"./r.json\" stands here twice, for it is the same file as "
        "\"r.json\"\n"
        "file:2:36: includes[2]: \"d/../r.json\" stands here twice, for it is the same file as "
        "\"r.json\"\n"
        "file:2:51: includes[3]: \"/etc//adit/r.json\" stands here twice, for it is the same file "
        "as \"r.json\"\n");
}

TEST_CASE("mistakes and warnings in included files are told with their file")
{
    const auto text = file_with(
        R"("includes": ["a", "b", "c", "a"], "rules": [ { "action": "deny", "ports": [25] } ])");
    CHECK(mistakes_in(
              text,
              with_files({{"a", "{ \"rules\": [\n  { \"action\": \"allow\", \"port\": [25] } ] }"},
                          {"b", "{"},
                          {"c", "{ \"sets\": {} }"}})) ==
          "file:2:29: includes[3]: \"a\" stands here twice\n"
          "a:2:24: rules[0].port: unknown key \"port\"; did you mean \"ports\"?\n"
          "b:1:2: the file ends too early: a key in double quotes was expected\n"
          "c:1:1: \"rules\" is missing; write the list of rules: { \"rules\": [ ... ] }\n"
          "c:1:3: sets: unknown key \"sets\"\n");
    const auto result =
        loaded(file_with(R"("includes": ["a"], "rules": [ { "action": "deny", "ports": [25] } ])"),
               with_files({{"a", R"({ "rules": [ { "action": "allow", "ports": [25] } ] })"}}));
    CHECK(lines(result.warnings) ==
          "a:1:14: rules[0]: this rule can never match, for rules[0] above matches whatever it "
          "matches; put this one above it, or take it out\n");
}

}  // namespace
}  // namespace adit::policy
