#include "policy/load_tests.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "policy/door.hpp"
#include "policy/explanation.hpp"
#include "policy/load_rules.hpp"
#include "policy/moment.hpp"
#include "policy/suggest.hpp"

namespace adit::policy {

namespace {

constexpr std::array<Key, 11> test_keys{{
    {"name"},
    {"to"},
    {"expect"},
    {"rule"},
    {"resolves"},
    {"client"},
    {"uid"},
    {"user"},
    {"protocol"},
    {"listener"},
    {"at"},
}};

constexpr std::array<std::string_view, 2> expectations{"allow", "deny"};

// A test as written. Facts that it does not give are unknown; nobody is logged in.
struct Test {
    Place place;
    std::string_view name;
    std::optional<Target> to;
    std::vector<Address> resolves;
    Verdict expected = Verdict::deny;
    std::string_view rule;  // empty: any
    Subject subject;
};

class TestReader {
public:
    TestReader(const Place& place, const Reader& reader, const Policy& policy,
               const Vocabulary& names)
        : reader_{reader},
          policy_{policy},
          names_{names},
          fields_{place, reader.report(), test_keys}
    {
        test_.place = place;
    }

    Test read();

private:
    void read_target();
    void read_resolved();
    void read_expected_rule();
    void read_client();
    void read_user();
    void read_protocol_and_listener();
    void read_moment();
    std::optional<std::string_view> text(std::string_view key, std::string_view expected,
                                         Fact unknown_without);
    void mistake(std::string_view key, const std::string& message) const;

    const Reader& reader_;
    const Policy& policy_;
    const Vocabulary& names_;
    Fields fields_;
    Test test_;
};

Test TestReader::read()
{
    if (!fields_.is_object())
        return test_;
    if (const auto name = fields_.find("name"))
        test_.name = reader_.text(*name, "what the test shows").value_or(std::string_view{});
    read_target();
    read_resolved();
    const auto expect = fields_.require("expect", "write \"allow\" or \"deny\"");
    if (const auto chosen = expect ? reader_.word(*expect, expectations) : std::nullopt)
        test_.expected = *chosen == 0 ? Verdict::allow : Verdict::deny;
    read_expected_rule();
    read_client();
    read_user();
    read_protocol_and_listener();
    read_moment();
    return test_;
}

void TestReader::mistake(std::string_view key, const std::string& message) const
{
    reader_.report().mistake(*fields_.find(key), message);
}

void TestReader::read_target()
{
    const auto place = fields_.require("to", "write a host and a port, like \"example.com:443\"");
    const auto text = place ? reader_.text(*place, "a host and a port") : std::nullopt;
    if (!text)
        return;
    const auto target = protocols::parse_authority(*text);
    if (target)
        test_.to = *target;
    else
        mistake("to", quoted(*text) +
                          " is not a host and a port, like \"example.com:443\" or "
                          "\"[2001:db8::1]:443\"");
}

void TestReader::read_resolved()
{
    const auto place = fields_.find("resolves");
    if (!place)
        return;
    reader_.list(*place, "addresses", [&](const Place& item) {
        const auto text = reader_.text(item, "an address");
        const auto address = text ? parse_own_address(*text) : Parsed<Address>{Address{}};
        if (address)
            test_.resolves.push_back(*address);
        else
            reader_.report().mistake(item, address.error());
    });
    if (test_.resolves.size() > most_addresses)
        mistake("resolves", "at most 16 addresses of a name are considered");
    if (test_.to && std::holds_alternative<Address>(test_.to->host))
        mistake("resolves", "\"to\" is an address already, and needs no look-up; take this out");
}

void TestReader::read_expected_rule()
{
    const auto place = fields_.find("rule");
    const auto name = place ? reader_.text(*place, "a rule's name") : std::nullopt;
    if (!name)
        return;
    std::vector<std::string_view> known;
    for (const auto& rule : policy_.rules())
        known.emplace_back(rule.name);
    if (std::ranges::find(known, *name) == known.end() && !reader_.report().failed())
        mistake("rule", "no rule is called " + quoted(*name) + did_you_mean(*name, known));
    test_.rule = *name;
}

// A key's text; without the key the fact is unknown.
std::optional<std::string_view> TestReader::text(std::string_view key, std::string_view expected,
                                                 Fact unknown_without)
{
    const auto place = fields_.find(key);
    if (!place)
        test_.subject.unknown.add(unknown_without);
    return place ? reader_.text(*place, expected) : std::nullopt;
}

void TestReader::read_client()
{
    if (const auto uid = fields_.find("uid")) {
        test_.subject.uid = reader_.whole(*uid, 0, std::numeric_limits<std::uint32_t>::max() - 1);
        if (fields_.find("client"))
            mistake("client",
                    "a \"uid\" is of a unix-socket client, who has no address; take one "
                    "of the two out");
        return;
    }
    const auto written = text("client", "an address", Fact::client);
    if (!written)
        return;
    const auto address = parse_own_address(*written);
    if (address)
        test_.subject.client = *address;
    else
        mistake("client", address.error());
}

void TestReader::read_user()
{
    const auto place = fields_.find("user");
    const auto name = place ? reader_.text(*place, "a user's name") : std::nullopt;
    if (!name)
        return;
    test_.subject.user = *name;
    if (name->empty())
        mistake("user", "an empty user name is nobody; take the key out");
    else if (!names_.users)
        mistake("user", "no user is called " + quoted(*name) + "; the file has no \"users\"");
    else if (!names_.users->contains(*name))
        mistake("user", "no user is called " + quoted(*name) +
                            did_you_mean(*name, names_in(*names_.users)));
}

void TestReader::read_protocol_and_listener()
{
    if (const auto place = fields_.find("protocol")) {
        if (const auto protocol = read_protocol(*place, reader_))
            test_.subject.protocol = *protocol;
    } else {
        test_.subject.unknown.add(Fact::protocol);
    }
    const auto name = text("listener", "a listener's name", Fact::listener);
    if (!name)
        return;
    test_.subject.listener = *name;
    const std::vector<std::string_view> known{names_.listeners.begin(), names_.listeners.end()};
    if (!names_.listeners.contains(*name))
        mistake("listener", "no listener is called " + quoted(*name) + did_you_mean(*name, known));
}

void TestReader::read_moment()
{
    const auto place = fields_.find("at");
    test_.subject.times_hold = !place;
    const auto written = place ? reader_.text(*place, "an instant") : std::nullopt;
    if (!written)
        return;
    test_.subject.at = parse_instant(*written);
    if (!test_.subject.at)
        mistake("at", quoted(*written) + " is not an instant, like \"2027-01-31T18:00:00Z\"");
}

Surroundings surroundings_of(const Configuration& configuration,
                             std::span<const Listener> listeners)
{
    Surroundings around;
    around.own_addresses = configuration.own_addresses;
    around.nat64 = configuration.resolver.nat64;
    for (const auto& listener : listeners)
        if (listener.has_endpoint())
            around.listeners.push_back(listener.endpoint);
    return around;
}

// Where several addresses are allowed any of them may be the one that is connected.
bool is_by(const Trace& trace, std::string_view rule)
{
    if (trace.conclusion == Conclusion::denied)
        return trace.decision.rule_name() == rule;
    return std::ranges::all_of(trace.addresses, [&](const Pass& pass) {
        return pass.conclusion != Conclusion::allowed || pass.decision.rule_name() == rule;
    });
}

// What is wrong, as the first half of a sentence; empty when the test passes.
std::string failure_of(const Test& test, const Trace& trace)
{
    const auto expected = std::string{"expected "} +
                          (test.expected == Verdict::allow ? "allowed" : "denied") +
                          (test.rule.empty() ? "" : " by " + quoted(test.rule));
    const bool as_expected =
        trace.conclusion ==
        (test.expected == Verdict::allow ? Conclusion::allowed : Conclusion::denied);
    const bool by_rule = test.rule.empty() || (trace.unknown.empty() && is_by(trace, test.rule));
    if (as_expected && by_rule)
        return {};
    return "the test" + (test.name.empty() ? std::string{} : ' ' + quoted(test.name)) +
           " fails: " + expected + ", found " + answer_in_words(trace);
}

std::string indented(const std::string& text)
{
    std::string result;
    for (std::size_t from = 0; from < text.size();) {
        const auto end = text.find('\n', from);
        result += "\n    " + text.substr(from, end - from);
        from = end == text.npos ? text.size() : end + 1;
    }
    return result;
}

class TestRun {
public:
    TestRun(const Configuration& configuration, std::vector<Listener> listeners,
            const Reader& reader)
        : reader_{reader},
          // What the rules say is tested, also while they are only observed.
          policy_{configuration.policy.rules()},
          listeners_{std::move(listeners)},
          around_{surroundings_of(configuration, listeners_)}
    {
    }

    void run(const Test& test) const
    {
        const auto resolved =
            test.resolves.empty() ? assumed_addresses(policy_, *test.to, around_) : test.resolves;
        const auto trace =
            explain_at_doors(policy_, listeners_, test.subject, *test.to, resolved, around_);
        const auto failure = failure_of(test, trace);
        if (!failure.empty())
            reader_.report().mistake(test.place, failure + indented(to_text(trace)));
    }

private:
    const Reader& reader_;
    Policy policy_;
    std::vector<Listener> listeners_;
    Surroundings around_;
};

}  // namespace

std::size_t run_tests(const Place& place, const Reader& reader, const Configuration& configuration,
                      std::span<const LoadedListener> listeners, const Vocabulary& names)
{
    std::vector<Test> tests;
    if (!reader.is(place, json::Kind::array, "a list of tests"))
        return 0;
    for (std::size_t i = 0; i < place.value->items.size(); ++i)
        tests.push_back(TestReader{place.item(i), reader, configuration.policy, names}.read());
    if (reader.report().failed())
        return tests.size();
    std::vector<Listener> plain;
    for (const auto& loaded : listeners)
        plain.push_back(loaded.listener);
    const TestRun run{configuration, std::move(plain), reader};
    for (const auto& test : tests)
        run.run(test);
    return tests.size();
}

}  // namespace adit::policy
