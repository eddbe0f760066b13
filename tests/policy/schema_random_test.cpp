// The schema and the loader agree: what the schema takes is wrong in meaning at most, never in
// shape.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <regex>

#include <nlohmann/json.hpp>

#include "tests/policy/loading.hpp"

namespace adit::policy {
namespace {

using nlohmann::json;

const std::vector<std::string> texts{"a",
                                     "main",
                                     "web",
                                     "@web",
                                     "@lan",
                                     "@github",
                                     "@ops",
                                     "alice",
                                     "bob",
                                     "*",
                                     "*.example.com",
                                     "example.com",
                                     "git.example.com",
                                     "x--y_z.org.",
                                     "10.0.0.0/8",
                                     "10.0.0.1",
                                     "192.0.2.0/24",
                                     "2001:db8::/32",
                                     "::1",
                                     "fd00::1",
                                     "public",
                                     "22",
                                     "443",
                                     "8000-8099",
                                     "1-65535",
                                     "10s",
                                     "500ms",
                                     "1h",
                                     "0s",
                                     "127.0.0.1:1080",
                                     "127.0.0.1:0",
                                     "[::1]:1081",
                                     "*:1082",
                                     "10.0.0.53",
                                     "10.0.0.53:5353",
                                     "[fd00::53]:53",
                                     "2001:db8:64::/96",
                                     "stdout",
                                     "off",
                                     "/var/log/adit.log",
                                     "$y$j9T$abc",
                                     "2027-01-31",
                                     "2027-01-31T18:00:00Z",
                                     "2028-02-29T23:59:59+02:00",
                                     "example.com:443",
                                     "db.corp:5432",
                                     "[2001:db8::1]:443",
                                     "10.8.1.1:22",
                                     "OPS-17",
                                     "/db[0-9]+\\.example\\.com/",
                                     "mon-fri",
                                     "sun",
                                     "08:00-18:00",
                                     "22:00-06:00",
                                     "UTC",
                                     "file:list.txt",
                                     "a reason of several words",
                                     "0660",
                                     "unix:/run/adit.sock",
                                     "systemd:web"};

// Values that the schema takes, at random.
class Generator {
public:
    Generator(const json& schema, unsigned seed) : schema_{schema}, random_{seed} {}

    json value(const json& of)
    {
        if (of.contains("$ref"))
            return value(schema_.at(json::json_pointer{of["$ref"].get<std::string>().substr(1)}));
        for (const auto* choice : {"anyOf", "oneOf"})
            if (of.contains(choice))
                return value(one_of(of[choice]));
        if (of.contains("enum"))
            return one_of(of["enum"]);
        const auto type = of.at("type").get<std::string>();
        if (type == "boolean")
            return chance(50);
        if (type == "integer")
            return integer(of);
        if (type == "string")
            return text(of);
        return type == "array" ? array(of) : object(of);
    }

private:
    bool chance(unsigned percent) { return random_() % 100 < percent; }

    const json& one_of(const json& all) { return all[random_() % all.size()]; }

    json integer(const json& of)
    {
        const auto least = of.at("minimum").get<unsigned>();
        return least + random_() % (of.at("maximum").get<unsigned>() - least + 1);
    }

    json text(const json& of)
    {
        const auto& fitting = fitting_texts(of.value("pattern", ""));
        REQUIRE_FALSE(fitting.empty());
        return fitting[random_() % fitting.size()];
    }

    const std::vector<std::string>& fitting_texts(const std::string& pattern)
    {
        auto& fitting = fitting_[pattern];
        if (fitting.empty())
            for (const auto& candidate : texts)
                if (pattern.empty() || std::regex_search(candidate, std::regex{pattern}))
                    fitting.push_back(candidate);
        return fitting;
    }

    json array(const json& of)
    {
        auto result = json::array();
        for (auto count = of.value("minItems", 0U) + random_() % 2; count > 0; --count)
            result.push_back(value(of.at("items")));
        return result;
    }

    json object(const json& of)
    {
        auto result = json::object();
        const auto required = of.value("required", json::array());
        if (of.contains("minProperties")) {
            const auto& all = of.at("properties");
            const auto one = std::next(all.begin(), static_cast<int>(random_() % all.size()));
            result[one.key()] = value(one.value());
            return result;
        }
        if (of.contains("properties"))
            for (const auto& [key, schema] : of["properties"].items())
                if (chance(25) || std::ranges::find(required, json(key)) != required.end())
                    result[key] = value(schema);
        if (of.contains("propertyNames"))
            for (const auto* name : {"alice", "ops", "web", "lan", "github"})
                if (chance(60))
                    result[name] = value(of["additionalProperties"]);
        return result;
    }

    const json& schema_;
    std::mt19937 random_;
    std::map<std::string, std::vector<std::string>> fitting_;
};

// What a schema cannot know: names that do not exist, who may reach what, what the policy answers.
bool is_wrong_in_meaning(const std::string& message)
{
    constexpr std::array<std::string_view, 32> meanings{"is called",
                                                        "is a set of",
                                                        "sets do not nest",
                                                        "anyone who can reach",
                                                        "nobody can log in",
                                                        "SOCKS4 knows no password",
                                                        "takes this address and port",
                                                        "is out of range",
                                                        "fails: expected",
                                                        "is an address already",
                                                        "needs no look-up",
                                                        "serves no UDP",
                                                        "is asked for in SOCKS5",
                                                        "is every address",
                                                        "no set",
                                                        "holds always",
                                                        "cannot read",
                                                        "stands here twice",
                                                        "only a unix socket",
                                                        "a client of a unix socket",
                                                        "takes this socket",
                                                        "has no handshake",
                                                        "no user called",
                                                        "one of the two out",
                                                        "carries what it is given",
                                                        "no client is asked for",
                                                        "logs a user in",
                                                        "before any of its users",
                                                        "goes with \"inner\"",
                                                        "never matches \"",
                                                        "a duty of the tunnels",
                                                        "only plain HTTP has"};
    return std::ranges::any_of(meanings, [&](std::string_view meaning) {
        return message.find(meaning) != std::string::npos;
    });
}

TEST_CASE("what the schema takes loads, or is wrong in meaning only")
{
    const auto schema =
        json::parse(contents(std::filesystem::path{ADIT_SOURCE_DIR} / "config/adit.schema.json"));
    Generator generator{schema, 41};
    LoadOptions options;
    options.read_file = [](const std::string& path) -> Result<std::string, std::string> {
        if (path == "list.txt")
            return {boost::system::in_place_value, ""};
        return {boost::system::in_place_error, "no such file"};
    };
    int good = 0;
    for (int i = 0; i < 2'500; ++i) {
        const auto text = generator.value(schema).dump(1);
        const auto result = load(text, options);
        if (result) {
            ++good;
            continue;
        }
        for (const auto& mistake : result.error())
            if (!is_wrong_in_meaning(mistake.message))
                FAIL_CHECK(to_text(mistake, "random") << "\n" << text);
    }
    CHECK(good > 100);
}

}  // namespace
}  // namespace adit::policy
