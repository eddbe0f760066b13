#include "src/dial/resolver.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>
#include <unistd.h>

#include "src/dial/dns_channel.hpp"
#include "tests/src/dial/loop.hpp"
#include "tests/support/descriptor_shortage.hpp"
#include "tests/support/dns_server.hpp"

namespace adit::dial {
namespace {

using namespace std::chrono_literals;
using tests::DnsServer;
using tests::run_until;
using tests::settle;

std::vector<Address> list(std::initializer_list<const char*> texts)
{
    std::vector<Address> addresses;
    for (const auto* text : texts)
        addresses.push_back(asio::ip::make_address(text));
    return addresses;
}

Domain name(const std::string& text)
{
    return *Domain::parse(text);
}

// A resolver that knows one DNS server, and system files of its own.
struct Fixture {
    Fixture()
    {
        std::string pattern = (std::filesystem::temp_directory_path() / "adit-dns-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        directory = pattern;
        write("hosts", "10.9.9.9 printer\n10.9.9.9 both\n2001:db8::9 both\n");
        settings.servers = {server.endpoint()};
        resolver.emplace(loop, SystemFiles{path("hosts"), path("resolv.conf")});
        resolver->apply(settings);
    }
    ~Fixture() { std::filesystem::remove_all(directory); }

    std::string path(const std::string& file) const { return (directory / file).string(); }
    void write(const std::string& file, const std::string& text) const
    {
        std::ofstream{directory / file} << text;
    }
    bool wait_for(const Lookup& lookup)
    {
        return run_until(
            loop, [&] { return lookup.answer(Family::ipv4) && lookup.answer(Family::ipv6); });
    }

    asio::io_context loop{1};
    std::filesystem::path directory;
    DnsServer server{loop};
    policy::ResolverSettings settings;
    std::optional<Resolver> resolver;
};

const auto unheard = [] {};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a name is asked for as A and as AAAA, once each")
{
    server.answers("db.corp", Family::ipv4, list({"192.0.2.1", "192.0.2.2"}));
    server.answers("db.corp", Family::ipv6, list({"2001:db8::1"}));
    Lookup lookup{*resolver, name("db.corp"), unheard};
    REQUIRE(wait_for(lookup));
    CHECK(lookup.answer(Family::ipv4)->addresses == list({"192.0.2.1", "192.0.2.2"}));
    CHECK(lookup.answer(Family::ipv6)->addresses == list({"2001:db8::1"}));
    CHECK(lookup.answer(Family::ipv4)->ttl == 60s);
    CHECK(server.asked("db.corp", Family::ipv4) == 1);
    CHECK(server.asked("db.corp", Family::ipv6) == 1);
}

TEST_CASE_FIXTURE(Fixture, "a silent AAAA does not hold the A answer back")
{
    server.answers("db.corp", Family::ipv4, list({"192.0.2.1"}));
    server.is_silent_about("db.corp", Family::ipv6);
    Lookup lookup{*resolver, name("db.corp"), unheard};
    CHECK(run_until(loop, [&] { return lookup.answer(Family::ipv4).has_value(); }));
    CHECK(!lookup.answer(Family::ipv6));
    CHECK(server.asked("db.corp", Family::ipv6) == 1);
}

TEST_CASE_FIXTURE(Fixture, "each answer that had to be waited for is announced")
{
    server.answers("db.corp", Family::ipv4, list({"192.0.2.1"}));
    server.holds("db.corp", Family::ipv6);
    int announced = 0;
    Lookup lookup{*resolver, name("db.corp"), [&] { ++announced; }};
    REQUIRE(run_until(loop, [&] { return announced == 1; }));
    CHECK(lookup.answer(Family::ipv4).has_value());
    REQUIRE(run_until(loop, [&] { return server.asked("db.corp", Family::ipv6) == 1; }));
    server.release("db.corp", Family::ipv6);
    CHECK(run_until(loop, [&] { return announced == 2; }));
}

TEST_CASE_FIXTURE(Fixture, "what DNS cannot say is told apart")
{
    settings.timeout = 400ms;
    resolver->apply(settings);
    server.says("broken.corp", DnsServer::server_failure);
    server.says("unwilling.corp", DnsServer::refused);
    server.is_silent_about("silent.corp");
    server.answers("v6.corp", Family::ipv6, list({"2001:db8::1"}));
    struct Example {
        const char* name;
        Found found;
    };
    const Example examples[] = {{"unknown.corp", Found::nothing},
                                {"broken.corp", Found::failed},
                                {"unwilling.corp", Found::failed},
                                {"silent.corp", Found::silence},
                                {"v6.corp", Found::nothing}};
    for (const auto& example : examples) {
        CAPTURE(example.name);
        Lookup lookup{*resolver, name(example.name), unheard};
        REQUIRE(wait_for(lookup));
        CHECK(lookup.answer(Family::ipv4)->found == example.found);
        CHECK(lookup.answer(Family::ipv4)->addresses.empty());
    }
}

TEST_CASE_FIXTURE(Fixture, "a server that nobody runs is a failure, not a silence")
{
    asio::ip::udp::socket closed{loop, {asio::ip::address_v4::loopback(), 0}};
    settings.servers = {{asio::ip::address_v4::loopback(), closed.local_endpoint().port()}};
    closed.close();
    settings.timeout = 800ms;
    resolver->apply(settings);
    Lookup lookup{*resolver, name("db.corp"), unheard};
    REQUIRE(wait_for(lookup));
    CHECK(lookup.answer(Family::ipv4)->found == Found::failed);
}

TEST_CASE_FIXTURE(Fixture, "a second server answers for a first one that keeps silent")
{
    DnsServer silent{loop};
    silent.is_silent_about("db.corp");
    server.answers("db.corp", Family::ipv4, list({"192.0.2.1"}));
    settings.servers = {silent.endpoint(), server.endpoint()};
    settings.timeout = 800ms;
    resolver->apply(settings);
    Lookup lookup{*resolver, name("db.corp"), unheard};
    REQUIRE(wait_for(lookup));
    CHECK(lookup.answer(Family::ipv4)->addresses == list({"192.0.2.1"}));
}

TEST_CASE_FIXTURE(Fixture, "an answer too long for a datagram is fetched over TCP")
{
    std::vector<Address> many;
    for (unsigned i = 0; i < 200; ++i)
        many.emplace_back(asio::ip::address_v4{0xC0000200U + i});
    server.answers("many.corp", Family::ipv4, many);
    Lookup lookup{*resolver, name("many.corp"), unheard};
    REQUIRE(wait_for(lookup));
    many.resize(most_addresses);
    CHECK(lookup.answer(Family::ipv4)->addresses == many);
    CHECK(server.asked("many.corp", Family::ipv4) == 2);
}

TEST_CASE_FIXTURE(Fixture, "an address that is repeated does not crowd out the others")
{
    auto many = std::vector<Address>(20, asio::ip::make_address("192.0.2.1"));
    many.push_back(asio::ip::make_address("192.0.2.2"));
    server.answers("twice.corp", Family::ipv4, many);
    Lookup lookup{*resolver, name("twice.corp"), unheard};
    REQUIRE(wait_for(lookup));
    CHECK(lookup.answer(Family::ipv4)->addresses == list({"192.0.2.1", "192.0.2.2"}));
}

TEST_CASE_FIXTURE(Fixture,
                  "a name is looked up as it stands, whatever the environment and resolv.conf say")
{
    ::setenv("LOCALDOMAIN", "corp", 1);
    ::setenv("HOSTALIASES", path("aliases").c_str(), 1);
    write("aliases", "db elsewhere.example\n");
    write("resolv.conf", "search corp example\noptions ndots:5\n");
    server.answers("db.corp", Family::ipv4, list({"192.0.2.1"}));
    for (const auto* asked : {"db", "db.lan"}) {
        CAPTURE(asked);
        Lookup lookup{*resolver, name(asked), unheard};
        REQUIRE(wait_for(lookup));
        CHECK(lookup.answer(Family::ipv4)->found == Found::nothing);
        CHECK(server.asked(asked, Family::ipv4) == 1);
    }
    CHECK(server.asked() == 4);
    ::unsetenv("LOCALDOMAIN");
    ::unsetenv("HOSTALIASES");
}

TEST_CASE_FIXTURE(
    Fixture,
    "localhost and what is below it are loopback, without DNS and whatever the hosts file says")
{
    write("hosts", "10.9.9.9 localhost app.localhost\n");
    for (const auto* local : {"localhost", "app.localhost", "a.b.localhost"}) {
        CAPTURE(local);
        const Lookup lookup{*resolver, name(local), unheard};
        REQUIRE(lookup.answer(Family::ipv4));
        CHECK(lookup.answer(Family::ipv4)->addresses == list({"127.0.0.1"}));
        CHECK(lookup.answer(Family::ipv6)->addresses == list({"::1"}));
    }
    const Lookup lookup{*resolver, name("notlocalhost"), unheard};
    CHECK(!lookup.answer(Family::ipv4));
}

TEST_CASE_FIXTURE(Fixture, "a name in the hosts file is not asked of DNS")
{
    const Lookup printer{*resolver, name("printer"), unheard};
    REQUIRE(printer.answer(Family::ipv4));
    CHECK(printer.answer(Family::ipv4)->addresses == list({"10.9.9.9"}));
    CHECK(printer.answer(Family::ipv6)->found == Found::nothing);
    const Lookup both{*resolver, name("both"), unheard};
    CHECK(both.answer(Family::ipv6)->addresses == list({"2001:db8::9"}));
    settle(loop);
    CHECK(server.asked() == 0);
}

TEST_CASE_FIXTURE(Fixture, "look-ups of one name join, and the server sees one question a family")
{
    server.answers("db.corp", Family::ipv4, list({"192.0.2.1"}));
    server.holds("db.corp", Family::ipv4);
    std::vector<std::unique_ptr<Lookup>> waiters;
    for (int i = 0; i < 20; ++i)
        waiters.push_back(std::make_unique<Lookup>(*resolver, name("db.corp"), unheard));
    REQUIRE(run_until(loop, [&] { return server.asked() == 2; }));
    waiters.erase(waiters.begin() + 5);  // one that leaves takes nobody along
    server.release("db.corp", Family::ipv4);
    for (const auto& waiter : waiters)
        REQUIRE(wait_for(*waiter));
    CHECK(waiters.back()->answer(Family::ipv4)->addresses == list({"192.0.2.1"}));
    CHECK(server.asked() == 2);
}

TEST_CASE_FIXTURE(Fixture, "answers are cached, good ones and bad ones")
{
    settings.timeout = 200ms;
    resolver->apply(settings);
    server.answers("db.corp", Family::ipv4, list({"192.0.2.1"}));
    server.is_silent_about("silent.corp");
    for (const auto* asked : {"db.corp", "unknown.corp", "silent.corp"}) {
        CAPTURE(asked);
        {
            Lookup first{*resolver, name(asked), unheard};
            REQUIRE(wait_for(first));
        }
        const auto questions = server.asked();
        const Lookup second{*resolver, name(asked), unheard};
        CHECK(second.answer(Family::ipv4));
        CHECK(second.answer(Family::ipv6));
        settle(loop);
        CHECK(server.asked() == questions);
    }
}

TEST_CASE_FIXTURE(Fixture, "a question that nobody waits for any longer still fills the cache")
{
    server.answers("db.corp", Family::ipv4, list({"192.0.2.1"}));
    server.holds("db.corp", Family::ipv4);
    {
        const Lookup gone{*resolver, name("db.corp"), unheard};
    }
    REQUIRE(run_until(loop, [&] { return server.asked() == 2; }));
    server.release("db.corp", Family::ipv4);
    REQUIRE(run_until(loop, [&] {
        const Lookup later{*resolver, name("db.corp"), unheard};
        return later.answer(Family::ipv4) && later.answer(Family::ipv6);
    }));
    CHECK(server.asked() == 2);
}

TEST_CASE_FIXTURE(Fixture, "an answer by alias lives as long as the shortest link of its chain")
{
    server.answers_by_alias("www.corp", Family::ipv4, list({"192.0.2.1"}), 7, 600);
    Lookup lookup{*resolver, name("www.corp"), unheard};
    REQUIRE(wait_for(lookup));
    CHECK(lookup.answer(Family::ipv4)->addresses == list({"192.0.2.1"}));
    CHECK(lookup.answer(Family::ipv4)->ttl == 7s);
}

TEST_CASE_FIXTURE(Fixture, "fifty silent names do not delay a fifty-first that answers")
{
    std::vector<std::unique_ptr<Lookup>> silent;
    for (int i = 0; i < 50; ++i) {
        const auto text = "silent" + std::to_string(i) + ".corp";
        server.is_silent_about(text);
        silent.push_back(std::make_unique<Lookup>(*resolver, name(text), unheard));
    }
    server.answers("db.corp", Family::ipv4, list({"192.0.2.1"}));
    Lookup lookup{*resolver, name("db.corp"), unheard};
    REQUIRE(wait_for(lookup));
    CHECK(lookup.answer(Family::ipv4)->addresses == list({"192.0.2.1"}));
    CHECK(server.asked() ==
          102);  // nobody has been asked a second time yet: no time-out has passed
    CHECK(std::none_of(silent.begin(), silent.end(),
                       [](const auto& one) { return one->answer(Family::ipv4).has_value(); }));
}

TEST_CASE_FIXTURE(Fixture, "other servers take over the questions that are open")
{
    server.is_silent_about("db.corp");
    Lookup lookup{*resolver, name("db.corp"), unheard};
    REQUIRE(run_until(loop, [&] { return server.asked() == 2; }));

    DnsServer other{loop};
    other.answers("db.corp", Family::ipv4, list({"192.0.2.7"}));
    settings.servers = {other.endpoint()};
    resolver->apply(settings);
    REQUIRE(wait_for(lookup));
    CHECK(lookup.answer(Family::ipv4)->addresses == list({"192.0.2.7"}));
}

TEST_CASE_FIXTURE(Fixture, "without servers of its own it asks those of resolv.conf")
{
    std::optional<DnsServer> system;
    try {
        system.emplace(loop, protocols::Endpoint{asio::ip::make_address("127.11.22.33"), 53});
    } catch (const boost::system::system_error& forbidden) {
        MESSAGE("skipped: port 53 is not ours: ", forbidden.what());
        return;
    }
    write("resolv.conf", "nameserver 127.11.22.33\n");
    system->answers("db.corp", Family::ipv4, list({"192.0.2.1"}));
    settings.servers.clear();
    resolver->apply(settings);
    Lookup lookup{*resolver, name("db.corp"), unheard};
    REQUIRE(wait_for(lookup));
    CHECK(lookup.answer(Family::ipv4)->addresses == list({"192.0.2.1"}));
}

TEST_CASE_FIXTURE(Fixture, "the same settings again leave cache and questions alone")
{
    server.answers("db.corp", Family::ipv4, list({"192.0.2.1"}));
    {
        Lookup lookup{*resolver, name("db.corp"), unheard};
        REQUIRE(wait_for(lookup));
    }
    resolver->apply(settings);
    const Lookup again{*resolver, name("db.corp"), unheard};
    CHECK(again.answer(Family::ipv4));
    CHECK(server.asked() == 2);
}

TEST_CASE_FIXTURE(Fixture,
                  "a resolver that began without descriptors asks as soon as there are some")
{
    server.answers("db.corp", Family::ipv4, list({"192.0.2.1"}));
    {
        const tests::DescriptorShortage shortage;
        resolver.emplace(loop, SystemFiles{path("hosts"), path("resolv.conf")});
        resolver->apply(settings);
        const Lookup lookup{*resolver, name("db.corp"), unheard};
        REQUIRE(lookup.answer(Family::ipv4));
        CHECK(lookup.answer(Family::ipv4)->found == Found::failed);
    }
    Lookup lookup{*resolver, name("db.corp"), unheard};
    REQUIRE(wait_for(lookup));
    CHECK(lookup.answer(Family::ipv4)->addresses == list({"192.0.2.1"}));
}

TEST_CASE_FIXTURE(Fixture, "files and servers are known before the first look-up")
{
    const tests::DescriptorShortage shortage;
    const Lookup printer{*resolver, name("printer"), unheard};
    REQUIRE(printer.answer(Family::ipv4));
    CHECK(printer.answer(Family::ipv4)->addresses == list({"10.9.9.9"}));
}

TEST_CASE_FIXTURE(Fixture,
                  "other servers that could not be taken at once are taken at the next look-up")
{
    server.answers("db.corp", Family::ipv4, list({"192.0.2.1"}));
    {
        Lookup lookup{*resolver, name("db.corp"), unheard};
        REQUIRE(wait_for(lookup));
    }
    DnsServer other{loop};
    other.answers("db.corp", Family::ipv4, list({"192.0.2.7"}));
    settings.servers = {other.endpoint()};
    {
        const tests::DescriptorShortage shortage;
        resolver->apply(settings);
        const Lookup known{*resolver, name("db.corp"), unheard};
        REQUIRE(known.answer(Family::ipv4));
        CHECK(known.answer(Family::ipv4)->addresses == list({"192.0.2.1"}));
    }
    Lookup lookup{*resolver, name("db.corp"), unheard};
    REQUIRE(wait_for(lookup));
    CHECK(lookup.answer(Family::ipv4)->addresses == list({"192.0.2.7"}));
}

TEST_CASE_FIXTURE(Fixture, "a resolv.conf that cannot be read is not taken for one that is missing")
{
    write("resolv.conf", "nameserver 192.0.2.53\n");
    const policy::ResolverSettings of_the_system;
    CHECK(DnsChannel::open(loop, of_the_system, path("resolv.conf")));
    CHECK(DnsChannel::open(loop, of_the_system, path("nothing")));
    for (const auto* local : {"nameserver 127.0.0.1\n", "# nameserver 192.0.2.53\n", "nameserver\n",
                              "nameserver none\nnameserver192.0.2.53\n", ""}) {
        CAPTURE(local);
        write("resolv.conf", local);
        CHECK(DnsChannel::open(loop, of_the_system, path("resolv.conf")));
    }
    // A folder opens, but does not read: the one failure that does not depend on other threads.
    CHECK_FALSE(DnsChannel::open(loop, of_the_system, directory.string()));
    const tests::DescriptorShortage shortage;
    CHECK_FALSE(DnsChannel::open(loop, of_the_system, path("resolv.conf")));
    CHECK_FALSE(DnsChannel::open(loop, settings, path("resolv.conf")));
}

TEST_CASE_FIXTURE(Fixture, "a look-up may outlive its resolver")
{
    server.is_silent_about("db.corp");
    Lookup lookup{*resolver, name("db.corp"), unheard};
    REQUIRE(run_until(loop, [&] { return server.asked() == 2; }));
    resolver.reset();
    settle(loop);
    CHECK(!lookup.answer(Family::ipv4));
}

}  // namespace adit::dial
