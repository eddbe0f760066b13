#include "policy/covers.hpp"

#include <doctest/doctest.h>

#include "policy/internal_ranges.hpp"
#include "tests/policy/loading.hpp"
#include "tests/policy/random_worlds.hpp"

using namespace adit::policy;
using namespace adit::policy::testing;

namespace {

// The fields of a rule or of its `not`, times aside, each with a comma behind it.
std::string fields_of(const Written& rule)
{
    std::string text;
    const auto list = [&](std::string_view key, const auto& entries, const auto& write) {
        if (!entries)
            return;
        text += '"' + std::string{key} + "\": [";
        for (const auto& entry : *entries)
            text += write(entry) + ", ";
        text += "], ";
    };
    const auto quote = [](const std::string& entry) { return '"' + entry + '"'; };
    list("users", rule.users, quote);
    list("hosts", rule.hosts, quote);
    list("networks", rule.networks, quote);
    list("clients", rule.clients, quote);
    list("ports", rule.ports, [](auto port) { return std::to_string(port); });
    list("protocols", rule.protocols,
         [](auto protocol) { return '"' + std::string{word(protocol)} + '"'; });
    return text;
}

// A rule as the file would hold it.
std::string text_of(const Written& rule)
{
    auto text = fields_of(rule) + "\"action\": " + (rule.allows ? "\"allow\"" : "\"deny\"");
    for (const auto& each : rule.excluded)
        if (const auto fields = fields_of(each); !fields.empty())
            text += ", \"not\": { " + fields + '}';
    if (rule.nights)
        text += R"(, "when": { "days": ["mon-fri"] })";
    return '{' + text + '}';
}

// The rules that the loader calls shadowed.
std::vector<std::size_t> shadowed(const std::vector<Mistake>& warnings)
{
    std::vector<std::size_t> found;
    for (const auto& warning : warnings)
        if (warning.message.find("can never match") != std::string::npos)
            found.push_back(std::stoul(warning.path.substr(std::string{"rules["}.size())));
    return found;
}

// One of addresses_of(), without making the others.
Address address_of(const Target& to, Random& random)
{
    const auto* literal = std::get_if<Address>(&to.host);
    return literal != nullptr ? *literal : at(one_of(some_addresses, random));
}

}  // namespace

TEST_CASE("a rule that the loader calls shadowed is never hit by ten thousand random requests")
{
    Random random{21};
    std::size_t seen = 0;
    for (int i = 0; i < 100; ++i) {
        World world = make_world(random);
        std::string rules;
        for (int more = 0; more < 6; ++more)
            world.written.push_back(write_rule(random));
        for (const auto& rule : world.written)
            rules += text_of(rule) + ",\n";
        const auto file = loaded(
            with_rules(rules, R"("users": {"alice": "$y$a", "bob": "$y$b", "carol": "$y$c"},)"));
        const auto& policy = file.configuration.policy;
        const auto never = shadowed(file.warnings);
        seen += never.size();
        if (never.empty())
            continue;
        for (int request = 0; request < 10'000; ++request) {
            const auto subject = make_subject(random);
            const auto to = make_target(random);
            const auto decision = policy.judge(subject, to, address_of(to, random), world.around);
            for (const auto index : never)
                if (decision.rule == &policy.rules()[index])
                    FAIL(rules << "\nrules[" << index << "] was hit");
        }
    }
    CHECK(seen > 30);
}

TEST_CASE("what is covered matches nothing that the covering rule does not")
{
    Random random{22};
    int pairs = 0;
    for (int i = 0; i < 8'000; ++i) {
        const auto first = build(write_rule(random), 0);
        const auto second = build(write_rule(random), 1);
        if (!covers(first, second))
            continue;
        ++pairs;
        const auto world = make_world(random);
        for (int request = 0; request < 20; ++request) {
            const auto subject = make_subject(random);
            const auto to = make_target(random);
            for (const auto& address : addresses_of(to)) {
                const Destination destination{address, world.around};
                if (second.match(subject, to, &destination, world.around).match == Match::yes)
                    CHECK(first.match(subject, to, &destination, world.around).match == Match::yes);
            }
        }
    }
    CHECK(pairs > 100);
}

TEST_CASE("a rule covers those that ask for the same and for more")
{
    const Rule web = allow("web").to_ports({80, 443});
    CHECK(covers(web, web));
    CHECK(covers(web, allow("b").to_ports({443})));
    CHECK(covers(web, allow("b").to_ports({443}).to_hosts({"a.com"}).for_users({"alice"})));
    CHECK_FALSE(covers(web, allow("b").to_ports({443, 8443})));
    CHECK_FALSE(covers(web, allow("b")));

    CHECK(covers(deny("all"), web));
    CHECK_FALSE(covers(web, deny("all")));
    CHECK(covers(deny("d").to_hosts({"*.com"}), allow("b").to_hosts({"a.com", "*.b.com"})));
    CHECK(covers(deny("d").to_hosts({"*"}), allow("b").to_hosts({"*.b.com"})));
    CHECK_FALSE(covers(deny("d").to_hosts({"*.com"}), allow("b").to_hosts({"com"})));
    CHECK_FALSE(covers(deny("d").to_hosts({"x.b.com"}), allow("b").to_hosts({"*.b.com"})));
    CHECK_FALSE(covers(deny("d").to_hosts({"*"}), allow("literals too")));
    CHECK(covers(allow("a").for_users({"*"}), allow("b").for_users({"alice"})));
    CHECK_FALSE(covers(allow("a").for_users({"*"}), allow("nobody too")));
    CHECK(covers(allow("a").from({"10.0.0.0/8"}), allow("b").from({"10.2.0.0/16", "10.0.0.1"})));
    CHECK_FALSE(covers(allow("a").from({"private"}), allow("b").from({"10.2.0.0/16"})));
}

TEST_CASE("networks are covered by wider networks and by the word that they belong to")
{
    const auto reaches = [](std::initializer_list<std::string_view> entries) -> Rule {
        return allow("r").to_networks(entries);
    };
    CHECK(covers(allow("public"), reaches({"public"})));
    CHECK(covers(reaches({"10.0.0.0/8"}), reaches({"10.8.0.0/16"})));
    CHECK(covers(reaches({"private"}), reaches({"10.8.0.0/16", "fd00::/8"})));
    CHECK_FALSE(covers(allow("public"), reaches({"10.8.0.0/16"})));
    CHECK_FALSE(covers(reaches({"private"}), reaches({"8.0.0.0/5"})));
    CHECK_FALSE(covers(reaches({"10.0.0.0/8"}), allow("public")));
    // A bare address reaches the gateway itself and the metadata service; a wide network does not.
    CHECK_FALSE(covers(reaches({"10.0.0.0/8"}), reaches({"10.0.0.7"})));
    CHECK(covers(reaches({"10.0.0.7"}), reaches({"10.0.0.7"})));
    CHECK(covers(reaches({"private", "self"}), reaches({"10.0.0.7"})));
    CHECK_FALSE(covers(reaches({"private", "self"}), reaches({"fd00:ec2::254"})));
    CHECK(covers(deny("d").to_networks({"10.0.0.0/8"}), reaches({"10.0.0.7", "10.8.0.0/16"})));
    // A deny also sees the IPv4 address inside; an allow does not.
    CHECK_FALSE(covers(reaches({"private"}), deny("d").to_networks({"private"})));
    CHECK(covers(reaches({"public", "loopback", "private", "cgnat", "link-local", "multicast",
                          "metadata", "self", "reserved"}),
                 deny("everything")));
}

TEST_CASE("a rule that observes or expires covers nothing")
{
    Rule first = allow("a");
    first.observe = true;
    CHECK_FALSE(covers(first, allow("b")));
    first.observe = false;
    first.life.expires = std::chrono::sys_seconds{};
    CHECK_FALSE(covers(first, allow("b")));
    first.life = {};
    CHECK(covers(first, allow("b")));
}

TEST_CASE("every address of an internal range has its word, but for the metadata services")
{
    Random random{23};
    for (const auto& range : internal_ranges())
        for (int i = 0; i < 500; ++i) {
            Address address;
            if (range.network.address.is_v4()) {
                const auto host = static_cast<std::uint32_t>(
                    random() & ((std::uint64_t{1} << (32U - range.network.prefix)) - 1));
                address =
                    boost::asio::ip::address_v4{range.network.address.to_v4().to_uint() | host};
            } else {
                auto bytes = range.network.address.to_v6().to_bytes();
                for (std::size_t byte = 2; byte < bytes.size(); ++byte)
                    bytes[byte] = static_cast<unsigned char>(random());
                address = boost::asio::ip::address_v6{bytes};
            }
            CAPTURE(address.to_string());
            REQUIRE(range.network.contains(address));
            const auto word = registered_word(address);
            CHECK((word == range.word || word == Word::metadata));
        }
    CHECK(word_of_whole(network("10.8.0.0/16")) == Word::private_);
    CHECK_FALSE(word_of_whole(network("8.0.0.0/5")));
    CHECK_FALSE(word_of_whole(network("8.8.8.0/24")));
}
