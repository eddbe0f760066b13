// What is imported answers as Squid does: random files, judged by both.
#include <algorithm>
#include <array>
#include <chrono>
#include <random>
#include <span>

#include <doctest/doctest.h>

#include "policy/load.hpp"
#include "src/review/squid.hpp"

using namespace adit;
using namespace adit::review;

namespace {

struct Request {
    bool connect = false;  // else GET
    std::string client;
    std::string user;
    std::string host;
    std::uint16_t port = 0;
    std::chrono::minutes since_sunday{};  // in UTC
};

// One list, in the words of a squid.conf and as a question about a request.
struct List {
    const char* name;
    const char* definition;
    bool (*matches)(const Request&);
};

bool is_below(const std::string& host, const std::string& domain)
{
    return host == domain || host.ends_with('.' + domain);
}

bool is_build(const std::string& host)
{
    return host == "ci-7.example.com" || host == "ci-12.example.com";
}

// The last minute that an access list names is part of it.
bool is_office_hour(const Request& asked)
{
    using namespace std::chrono;
    const auto day = asked.since_sunday / days{1};
    const auto time = asked.since_sunday % days{1};
    return (day >= 1 && day <= 5 && time >= 8h && time <= 17h + 30min) || day == 6;
}

const std::array<List, 13> lists{{
    {"CONNECT", "acl CONNECT method CONNECT", [](const Request& asked) { return asked.connect; }},
    {"office", "acl office src 10.0.0.0/8",
     [](const Request& asked) { return asked.client.starts_with("10."); }},
    {"lab", "acl lab src 10.1.0.0/255.255.0.0 192.168.0.0/16",
     [](const Request& asked) {
         return asked.client.starts_with("10.1.") || asked.client.starts_with("192.168.");
     }},
    {"ours", "acl ours dstdomain .example.com",
     [](const Request& asked) { return is_below(asked.host, "example.com"); }},
    {"www", "acl www dstdomain www.example.com www.example.org",
     [](const Request& asked) { return asked.host.starts_with("www."); }},
    {"builds", R"(acl builds dstdom_regex ^ci-[0-9]+\.example\.com$)",
     [](const Request& asked) { return is_build(asked.host); }},
    {"odd", "acl odd dstdom_regex -i EVIL|other",
     [](const Request& asked) {
         return asked.host.find("evil") != std::string::npos || asked.host == "other.net";
     }},
    {"hours", "acl hours time D 08:00-17:30 A",
     [](const Request& asked) { return is_office_hour(asked); }},
    {"late", "acl late time 17:30-24:00",
     [](const Request& asked) {
         return asked.since_sunday % std::chrono::days{1} >= std::chrono::minutes{1050};
     }},
    {"web", "acl web port 80 443", [](const Request& asked) { return asked.port < 1000; }},
    {"high", "acl high port 443-65535", [](const Request& asked) { return asked.port >= 443; }},
    {"known", "acl known proxy_auth REQUIRED",
     [](const Request& asked) { return !asked.user.empty(); }},
    {"bob", "acl bob proxy_auth bob", [](const Request& asked) { return asked.user == "bob"; }},
}};

bool asks_for_login(const List& list)
{
    return std::string_view{list.definition}.find("proxy_auth") != std::string_view::npos;
}

struct Condition {
    const List* list = nullptr;
    bool negated = false;
};

struct Statement {
    bool allow = false;
    std::vector<Condition> conditions;
};

// Squid's own way: the first line of which all conditions hold; a list of users stops whoever has
// not logged in; nothing matched means the opposite of the last line.
bool squid_allows(const std::vector<Statement>& statements, const Request& asked)
{
    for (const auto& statement : statements) {
        bool all = true;
        for (const auto& [list, negated] : statement.conditions) {
            if (asks_for_login(*list) && asked.user.empty())
                return false;
            if (list->matches(asked) == negated) {
                all = false;
                break;
            }
        }
        if (all)
            return statement.allow;
    }
    return !statements.back().allow;
}

std::string text_of(const std::vector<Statement>& statements)
{
    std::string text = "http_port 127.0.0.1:3128\n";
    for (const auto& list : lists)
        text += list.definition + std::string{"\n"};
    for (const auto& statement : statements) {
        text += statement.allow ? "http_access allow" : "http_access deny";
        for (const auto& [list, negated] : statement.conditions)
            text += std::string{negated ? " !" : " "} + list->name;
        text += '\n';
    }
    return text;
}

std::vector<std::chrono::minutes> all_times()
{
    using namespace std::chrono;
    return {days{0} + 12h, days{1} + 7h + 59min, days{3} + 17h + 30min, days{3} + 17h + 31min,
            days{6} + 3h};
}

std::vector<Request> all_requests()
{
    std::vector<Request> all;
    for (const bool connect : {true, false})
        for (const auto* client : {"10.1.0.1", "10.2.0.1", "192.168.0.1", "9.9.9.9"})
            for (const auto* user : {"", "bob", "eve"})
                for (const auto* host : {"example.com", "www.example.com", "www.example.org",
                                         "other.net", "ci-7.example.com", "ci-12.example.com",
                                         "xci-7.example.com", "anevil.example"})
                    for (const std::uint16_t port : {80, 443, 8080})
                        for (const auto time : all_times())
                            all.push_back({connect, client, user, host, port, time});
    return all;
}

bool adit_allows(const policy::Policy& policy, const Request& asked)
{
    policy::Subject subject;
    subject.listener = "127.0.0.1:3128";
    subject.protocol = asked.connect ? protocols::Protocol::connect : protocols::Protocol::http;
    subject.client = boost::asio::ip::make_address(asked.client);
    subject.user = asked.user;
    const std::chrono::sys_days sunday{std::chrono::year{2026} / 1 / 4};
    subject.at = sunday + asked.since_sunday;
    const protocols::Target target{*protocols::Domain::parse(asked.host), asked.port};
    return policy.judge(subject, target, boost::asio::ip::make_address("8.8.8.8"), {}).allowed();
}

}  // namespace

TEST_CASE("an imported squid.conf answers every request to a public address as Squid does")
{
    std::mt19937 random{77};
    auto requests = all_requests();
    int equivalents = 0;
    for (int round = 0; round < 1000; ++round) {
        std::vector<Statement> statements(1 + random() % 5);
        for (auto& statement : statements) {
            statement.allow = random() % 2 == 0;
            for (auto n = random() % 4; n > 0; --n)
                statement.conditions.push_back(
                    {&lists[random() % lists.size()], random() % 3 == 0});
        }
        const auto text = text_of(statements);
        const auto imported = import_squid(
            text, "squid.conf",
            [](const std::string&) -> Result<std::string, std::string> {
                return {boost::system::in_place_error, "no files"};
            },
            "UTC");
        const bool equivalent = imported.equivalent();
        equivalents += equivalent ? 1 : 0;
        const auto loaded = policy::load(imported.text);
        REQUIRE_MESSAGE(loaded.has_value(), imported.text);
        const auto& opened = loaded->configuration.listeners.front().protocols;
        REQUIRE(opened.contains(protocols::Protocol::connect));
        REQUIRE(opened.contains(protocols::Protocol::http));
        std::shuffle(requests.begin(), requests.end(), random);
        for (const auto& asked : std::span{requests}.first(500)) {
            const bool expected = squid_allows(statements, asked);
            const bool allowed = adit_allows(loaded->configuration.policy, asked);
            // Two regular expressions cannot be asked for at once: then less is allowed, and told.
            if (allowed == expected || (!equivalent && !allowed))
                continue;
            FAIL((asked.connect ? "CONNECT " : "GET ")
                 << asked.client << " " << asked.user << " " << asked.host << ":" << asked.port
                 << ", minute " << asked.since_sunday.count()
                 << (expected ? " is allowed by " : " is denied by ") << text << imported.text);
        }
    }
    CHECK(equivalents > 700);
}
