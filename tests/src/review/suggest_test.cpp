#include "src/review/suggest.hpp"

#include <algorithm>
#include <array>
#include <random>

#include <doctest/doctest.h>

#include "policy/load.hpp"
#include "src/review/host_folding.hpp"
#include "src/review/replay.hpp"

using namespace adit;
using namespace adit::review;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::sys_seconds now{1'800'000'000s};

protocols::Address address(const std::string& text)
{
    return boost::asio::ip::make_address(text);
}

// A tunnel that was allowed. `to` is a name or an address, `at` the address that was connected.
AccessLine tunnel(const std::string& user, const std::string& client, const std::string& to,
                  std::uint16_t port, const std::string& at)
{
    AccessLine line;
    line.listener = "127.0.0.1:1080";
    line.protocol = protocols::Protocol::connect;
    line.user = user;
    line.client = address(client);
    line.target = protocols::Target{*protocols::parse_host(to), port};
    line.address = address(at);
    line.verdict = policy::Verdict::allow;
    return line;
}

// From a unix socket.
AccessLine local(std::uint32_t uid, const std::string& to, std::uint16_t port,
                 const std::string& at)
{
    auto line = tunnel("", "10.0.0.1", to, port, at);
    line.client.reset();
    line.uid = uid;
    return line;
}

AccessLine over_udp(AccessLine line)
{
    line.protocol = protocols::Protocol::udp;
    return line;
}

Observations seen(const std::vector<AccessLine>& lines, const SuggestOptions& options = {})
{
    Observations all;
    for (const auto& line : lines)
        all.add(line, options);
    return all;
}

policy::Loaded loaded(const std::string& text)
{
    auto read =
        policy::load(text, {{}, [](const std::string& hash) { return hash.starts_with("$y$"); }});
    std::string mistakes;
    if (!read)
        for (const auto& mistake : read.error())
            mistakes += to_text(mistake, "suggested") + '\n';
    REQUIRE_MESSAGE(read.has_value(), mistakes << text);
    return std::move(*read);
}

bool allows(const policy::Configuration& configuration, const AccessLine& line)
{
    return Judge{configuration, now}.answer(line).kind == Answer::Kind::allow;
}

std::string rules_of(const std::vector<AccessLine>& lines, const SuggestOptions& options = {})
{
    const auto text = to_text(seen(lines, options), options);
    (void)loaded(text);
    const auto begin = text.find("  \"rules\": [\n") + 13;
    return text.substr(begin, text.rfind("  ],") - begin);
}

}  // namespace

TEST_CASE("people who visit the same hosts on the same ports share a rule")
{
    CHECK(rules_of({tunnel("alice", "10.0.0.1", "github.com", 443, "8.8.8.8"),
                    tunnel("alice", "10.0.0.1", "github.com", 22, "8.8.8.8"),
                    tunnel("alice", "10.0.0.1", "github.com", 443, "8.8.8.8"),
                    tunnel("bob", "10.0.0.2", "pypi.org", 443, "8.8.4.4"),
                    tunnel("alice", "10.0.0.3", "pypi.org", 443, "8.8.4.4")}) ==
          R"(    // 3 tunnels
    { "name": "alice to github.com", "action": "allow", "users": ["alice"], "hosts": ["github.com"], "ports": [22, 443] },
    // 2 tunnels
    { "name": "2 users to pypi.org", "action": "allow", "users": ["alice", "bob"], "hosts": ["pypi.org"], "ports": [443] },
)");
}

TEST_CASE("a name that leads to an internal address is allowed to reach just that address")
{
    CHECK(rules_of({tunnel("", "10.0.0.1", "db.corp", 5432, "10.8.1.1"),
                    tunnel("", "10.0.0.1", "db.corp", 5432, "8.8.8.8")}) ==
          R"(    // 2 tunnels
    {
      "name": "10.0.0.1 to db.corp",
      "action": "allow",
      "clients": ["10.0.0.1"],
      "hosts": ["db.corp"],
      "networks": ["10.8.1.1", "public"],
      "ports": [5432],
    },
)");
}

TEST_CASE("addresses that were asked for stand below a rule that ends all names")
{
    const auto literal = tunnel("", "10.0.0.1", "8.8.8.8", 53, "8.8.8.8");
    CHECK(
        rules_of({literal}) ==
        R"(    // What follows is for addresses that were asked for as such. Names that lead to them end here.
    { "name": "names that were not seen", "action": "deny", "hosts": ["*"] },
    // 1 tunnel
    { "name": "10.0.0.1 to 8.8.8.8", "action": "allow", "clients": ["10.0.0.1"], "networks": ["8.8.8.8"], "ports": [53] },
)");
    const auto policy = loaded(to_text(seen({literal}), {}));
    for (const auto& warning : policy.warnings)
        FAIL_CHECK(to_text(warning, "suggested"));
    CHECK(allows(policy.configuration, literal));
    CHECK_FALSE(
        allows(policy.configuration, tunnel("", "10.0.0.1", "evil.example", 53, "8.8.8.8")));
}

TEST_CASE("clients at a unix socket are named by their user's number")
{
    const std::vector lines{local(1000, "a.example", 443, "8.8.8.8"),
                            local(0, "a.example", 443, "8.8.8.8"),
                            local(1000, "b.example", 22, "8.8.8.8")};
    CHECK(rules_of(lines) ==
          R"(    // 2 tunnels
    { "name": "2 local users to a.example", "action": "allow", "uids": [0, 1000], "hosts": ["a.example"], "ports": [443] },
    // 1 tunnel
    { "name": "local user 1000 to b.example", "action": "allow", "uids": [1000], "hosts": ["b.example"], "ports": [22] },
)");
    const auto policy = loaded(to_text(seen(lines), {})).configuration;
    for (const auto& line : lines)
        CHECK(allows(policy, line));
    CHECK_FALSE(allows(policy, local(0, "b.example", 22, "8.8.8.8")));
    CHECK_FALSE(allows(policy, tunnel("", "10.0.0.1", "a.example", 443, "8.8.8.8")));
}

TEST_CASE("what was seen over UDP is allowed over UDP, and nothing else is")
{
    AccessLine association = tunnel("", "10.0.0.1", "a.example", 53, "8.8.8.8");
    association.protocol = protocols::Protocol::udp;
    association.target.reset();
    association.address.reset();
    association.verdict.reset();
    association.destinations = {
        {protocols::Target{*protocols::Domain::parse("dns.example"), 53}, address("9.9.9.9"),
         policy::Verdict::allow, "dns", "rule"},
        {protocols::Target{address("8.8.8.8"), 123}, address("8.8.8.8"), policy::Verdict::allow,
         "ntp", "rule"},
        {protocols::Target{address("8.8.4.4"), 123}, {}, policy::Verdict::deny, "", "no_rule"}};
    association.other_destinations = 2;
    const auto web = tunnel("", "10.0.0.1", "www.example", 443, "9.9.9.9");
    const auto text = to_text(seen({association, web}), {});
    CHECK(text.find("Left out: 1 record of what was denied") != std::string::npos);
    CHECK(text.find("Left out: 2 destinations over UDP of which") != std::string::npos);
    CHECK(rules_of({association, web}) ==
          R"(    // 1 time
    {
      "name": "10.0.0.1 to dns.example over UDP",
      "action": "allow",
      "protocols": ["udp"],
      "clients": ["10.0.0.1"],
      "hosts": ["dns.example"],
      "ports": [53],
    },
    // What follows is for addresses that were asked for as such. Names that lead to them end here.
    { "name": "names that were not seen over UDP", "action": "deny", "protocols": ["udp"], "hosts": ["*"] },
    // 1 time
    {
      "name": "10.0.0.1 to 8.8.8.8 over UDP",
      "action": "allow",
      "protocols": ["udp"],
      "clients": ["10.0.0.1"],
      "networks": ["8.8.8.8"],
      "ports": [123],
    },
    // The rules below are for tunnels: nothing else was seen over UDP.
    { "name": "other destinations over UDP", "action": "deny", "protocols": ["udp"] },
    // 1 tunnel
    { "name": "10.0.0.1 to www.example", "action": "allow", "clients": ["10.0.0.1"], "hosts": ["www.example"], "ports": [443] },
)");
    const auto read = loaded(text);
    for (const auto& warning : read.warnings)
        FAIL_CHECK(to_text(warning, "suggested"));
    const auto& policy = read.configuration;
    const auto dns = tunnel("", "10.0.0.1", "dns.example", 53, "9.9.9.9");
    CHECK(allows(policy, web));
    CHECK(allows(policy, over_udp(dns)));
    CHECK_FALSE(allows(policy, over_udp(web)));
    CHECK_FALSE(allows(policy, dns));
}

TEST_CASE("what was denied, came to no answer, or asked for nothing is left out and counted")
{
    auto denied = tunnel("", "10.0.0.1", "a.example", 25, "8.8.8.8");
    denied.verdict = policy::Verdict::deny;
    auto unanswered = denied;
    unanswered.verdict.reset();
    unanswered.resolved.clear();
    auto asked_nothing = denied;
    asked_nothing.target.reset();
    auto nameless = tunnel("", "10.0.0.1", "a.example", 25, "8.8.8.8");
    nameless.client.reset();
    const auto text = to_text(seen({denied, unanswered, asked_nothing, nameless}), {});
    CHECK(text.find("denies everything") != std::string::npos);
    for (const auto* words : {"Left out: 1 record of what was denied", "came to no answer",
                              "without a complete request", "no rule can name"})
        CHECK(text.find(words) != std::string::npos);
    (void)loaded(text);

    const SuggestOptions with_denied{0, true};
    CHECK(allows(loaded(to_text(seen({denied}, with_denied), with_denied)).configuration,
                 tunnel("", "10.0.0.1", "a.example", 25, "8.8.8.8")));
}

TEST_CASE("what a pin cut off is left out, for without the pin it would be let through")
{
    std::vector<AccessLine> lines;
    for (const auto* ending : {"inner_mismatch", "inner_malformed", "inner_timeout"}) {
        lines.push_back(tunnel("", "10.0.0.1", "a.example", 443, "8.8.8.8"));
        lines.back().pinned = policy::InnerProtocol::tls;
        lines.back().ending = ending;
    }
    for (const SuggestOptions& options : {SuggestOptions{}, SuggestOptions{0, true}}) {
        const auto text = to_text(seen(lines, options), options);
        CHECK(text.find("Left out: 3 records of what a pin cut off.") != std::string::npos);
        CHECK_FALSE(allows(loaded(text).configuration, lines.front()));
    }
}

TEST_CASE("what was always pinned to one protocol is pinned to it again, and nothing else is")
{
    using policy::InnerProtocol;
    const auto to = [](const char* host, std::optional<InnerProtocol> pinned,
                       const char* ending = "finished") {
        auto line = tunnel("", "10.0.0.1", host, 443, "8.8.8.8");
        line.pinned = pinned;
        line.ending = ending;
        return line;
    };
    auto forwarded = to("forwarded.example", {});
    forwarded.protocol = protocols::Protocol::http;
    std::vector lines{to("tls.example", InnerProtocol::tls), to("tls.example", InnerProtocol::tls),
                      to("plain.example", {}),
                      // The destination refused: nobody has seen what would have been inside.
                      to("tls.example", {}, "refused"), to("gone.example", {}, "refused"),
                      to("once.example", {}), to("once.example", InnerProtocol::tls),
                      to("both.example", InnerProtocol::tls),
                      to("both.example", InnerProtocol::ssh),
                      to("forwarded.example", InnerProtocol::http), forwarded};
    const char* const rules =
        R"(    // 8 tunnels
    {
      "name": "10.0.0.1 to both.example and 4 more",
      "action": "allow",
      "clients": ["10.0.0.1"],
      "hosts": [
        "both.example",  // 2
        "forwarded.example",  // 2
        "gone.example",  // 1
        "once.example",  // 2
        "plain.example",  // 1
      ],
      "ports": [443],
    },
    // 3 tunnels
    {
      "name": "10.0.0.1 to tls.example",
      "action": "allow",
      "clients": ["10.0.0.1"],
      "hosts": ["tls.example"],
      "ports": [443],
      "inner": "tls",
    },
)";
    CHECK(rules_of(lines) == rules);
    std::ranges::reverse(lines);
    CHECK(rules_of(lines) == rules);
    for (const auto& line : lines)
        CHECK(allows(loaded(to_text(seen(lines), {})).configuration, line));
}

TEST_CASE("hosts below one domain are folded into the longest suffix they share")
{
    using Patterns = std::map<std::string, std::string>;
    const std::set<std::string> names{"a.eu.example.com",
                                      "b.eu.example.com",
                                      "c.d.eu.example.com",
                                      "eu.example.com",
                                      "x.co.uk",
                                      "y.co.uk",
                                      "z.co.uk",
                                      "p.github.io",
                                      "q.github.io",
                                      "r.github.io",
                                      "one",
                                      "two"};
    auto same = Patterns{};
    for (const auto& name : names)
        same[name] = name;
    CHECK(fold_hosts(names, 0) == same);
    auto folded = same;
    for (const auto* name : {"a.eu.example.com", "b.eu.example.com", "c.d.eu.example.com"})
        folded[name] = "*.eu.example.com";
    CHECK(fold_hosts(names, 3) == folded);
}

TEST_CASE("the domain that one owner holds is told from those that strangers share")
{
    const std::pair<const char*, const char*> cases[] = {
        {"api.github.com", "github.com"},
        {"github.com", "github.com"},
        {"www.bbc.co.uk", "bbc.co.uk"},
        {"co.uk", "co.uk"},
        {"x.alice.github.io", "alice.github.io"},
        {"alice.github.io", "alice.github.io"},
        {"github.io", "github.io"},
        {"intranet", "intranet"},
        {"b.s3.amazonaws.com", "s3.amazonaws.com"},
    };
    for (const auto& [name, domain] : cases)
        CHECK(owned_domain(name) == domain);
}

TEST_CASE("what is suggested allows every observed tunnel and denies all others")
{
    std::mt19937 random{11};
    const auto pick = [&](const auto& choices) { return choices[random() % choices.size()]; };
    const std::array<std::string, 4> users{"", "", "alice", "b\"o\xc3\xb6"};
    const std::array<std::string, 5> clients{"10.0.0.1", "10.0.0.2", "2001:db8::5", "unix:0",
                                             "unix:1000"};
    const std::array<std::pair<std::string, std::string>, 9> places{{
        {"a.example.com", "8.8.8.8"},
        {"b.example.com", "8.8.8.8"},
        {"c.x.example.com", "2606:4700::1"},
        {"db.corp", "10.8.1.1"},
        {"localhost", "127.0.0.1"},
        {"8.8.8.8", "8.8.8.8"},
        {"10.8.1.1", "10.8.1.1"},
        {"2606:4700::1", "2606:4700::1"},
        {"169.254.169.254", "169.254.169.254"},
    }};
    const std::array<std::uint16_t, 4> ports{22, 443, 444, 5432};
    const auto any = [&] {
        const auto [name, at] = pick(places);
        const auto client = pick(clients);
        const bool unix = client.starts_with("unix:");
        auto line = unix ? local(static_cast<std::uint32_t>(std::stoul(client.substr(5))), name,
                                 pick(ports), at)
                         : tunnel("", client, name, pick(ports), at);
        line.user = pick(users);
        if (random() % 4 == 0)
            return over_udp(line);
        line.ending = random() % 4 == 0 ? "refused" : "finished";
        if (random() % 2 == 0)
            line.pinned =
                line.target->port == 22 ? policy::InnerProtocol::ssh : policy::InnerProtocol::tls;
        else if (random() % 2 == 0)
            line.protocol = protocols::Protocol::http;
        return line;
    };
    const auto key = [](const AccessLine& line) {
        const auto client = line.uid ? std::to_string(*line.uid) : line.client->to_string();
        return std::tuple{line.user.empty() ? client : "user " + line.user, to_text(*line.target),
                          line.protocol == protocols::Protocol::udp};
    };
    for (int round = 0; round < 60; ++round) {
        std::vector<AccessLine> lines;
        std::set<std::tuple<std::string, std::string, bool>> known;
        for (int i = 0; i < 1 + round; ++i) {
            lines.push_back(any());
            known.insert(key(lines.back()));
        }
        const auto text = to_text(seen(lines), {});
        std::shuffle(lines.begin(), lines.end(), random);
        REQUIRE(to_text(seen(lines), {}) == text);
        const auto policy = loaded(text);
        const SuggestOptions folding{2, false};
        const auto folded = loaded(to_text(seen(lines, folding), folding));
        for (const auto& line : lines) {
            CHECK(allows(policy.configuration, line));
            CHECK(allows(folded.configuration, line));
        }
        for (int i = 0; i < 200; ++i) {
            auto other = any();
            if (other.protocol == protocols::Protocol::http)  // what is pinned carries none
                other.protocol = protocols::Protocol::connect;
            // A rule for a client holds for whoever logs in from there.
            auto nobody = other;
            nobody.user.clear();
            const bool can_log_in =
                other.user.empty() || policy.configuration.users.contains(other.user);
            const bool was_seen =
                known.contains(key(other)) || (can_log_in && known.contains(key(nobody)));
            if (allows(policy.configuration, other) != was_seen)
                FAIL_CHECK(to_text(*other.target) << " was seen: " << was_seen << '\n' << text);
        }
    }
}
