#include "src/observe/record.hpp"

#include <doctest/doctest.h>

using namespace adit;
using namespace std::chrono_literals;

namespace {

observe::Record bare_record()
{
    observe::Record record;
    record.time = std::chrono::system_clock::time_point{1'700'000'000'123ms};
    record.id = "0123456789abc";
    record.listener = "main";
    record.ending = "handshake_timeout";
    record.closed_by = "gateway";
    record.ms.total = 10'000ms;
    return record;
}

protocols::Endpoint endpoint(const char* address, std::uint16_t port)
{
    return {boost::asio::ip::make_address(address), port};
}

}  // namespace

TEST_CASE("what is absent is left out of a record")
{
    CHECK(
        to_json_line(bare_record()) ==
        R"({"v":1,"time":"2023-11-14T22:13:20.123Z","id":"0123456789abc","listener":"main",)"
        R"("ending":"handshake_timeout","closed_by":"gateway","up":0,"down":0,"ms":{"total":10000}})"
        "\n");
}

TEST_CASE("a client at a unix socket is told by its user, one behind a proxy with the proxy")
{
    auto local = bare_record();
    local.uid = 0;
    CHECK(to_json_line(local).find(R"("listener":"main","client":"unix","uid":0,"ending")") !=
          std::string::npos);
    auto fronted = bare_record();
    fronted.client = endpoint("192.0.2.9", 4711);
    fronted.via = endpoint("10.0.0.2", 50000);
    CHECK(to_json_line(fronted).find(R"("client":"192.0.2.9:4711","via":"10.0.0.2:50000",)") !=
          std::string::npos);
}

TEST_CASE("a record of a tunnel holds every key in its fixed order")
{
    auto record = bare_record();
    record.protocol = "socks5";
    record.client = endpoint("10.2.0.9", 40000);
    record.user = "alice";
    record.target = protocols::Target{*protocols::Domain::parse("db.example"), 5432};
    record.policy = "0f1e2d3c4b5a";
    record.resolved = {
        {boost::asio::ip::make_address("10.0.0.7"), policy::Verdict::deny, ""},
        {boost::asio::ip::make_address("2001:db8::7"), policy::Verdict::allow, "ops"}};
    record.address = endpoint("2001:db8::7", 5432);
    record.local = endpoint("2001:db8::1", 50000);
    record.verdict = policy::Verdict::allow;
    record.rule = "ops";
    record.reason = "rule";
    record.near = "web";
    record.ending = "finished";
    record.closed_by = "client";
    record.up = 7;
    record.down = 9;
    record.ms = {1ms, 2ms, 3ms, 4ms, 5ms};
    CHECK(
        to_json_line(record) ==
        R"({"v":1,"time":"2023-11-14T22:13:20.123Z","id":"0123456789abc","listener":"main",)"
        R"("protocol":"socks5","client":"10.2.0.9:40000","user":"alice","host":"db.example",)"
        R"("port":5432,"policy":"0f1e2d3c4b5a","resolved":[{"address":"10.0.0.7","verdict":"deny"},)"
        R"({"address":"2001:db8::7","verdict":"allow","rule":"ops"}],)"
        R"("address":"[2001:db8::7]:5432","local":"[2001:db8::1]:50000","verdict":"allow",)"
        R"("rule":"ops","reason":"rule","near":"web","ending":"finished","closed_by":"client",)"
        R"("up":7,"down":9,"ms":{"handshake":1,"dns":2,"connect":3,"first_byte":4,"total":5}})"
        "\n");
}

TEST_CASE("a hostile user name cannot write a record of its own")
{
    auto record = bare_record();
    record.user = "eve\"}\n{\"v\":1";
    const auto line = to_json_line(record);
    CHECK(line.find('\n') == line.size() - 1);
    CHECK(line.find(R"("user":"eve\"}\n{\"v\":1")") != std::string::npos);
}

TEST_CASE("each destination of an association tells what the answer would be if nothing observed")
{
    observe::UdpTraffic traffic;
    observe::UdpDestination one;
    one.target = *protocols::parse_authority("9.9.9.9:53");
    one.verdict = policy::Verdict::allow;
    one.reason = "observed";
    traffic.destinations.push_back(one);
    traffic.destinations.back().would = "deny";
    traffic.destinations.back().would_rule = "no dns";
    traffic.destinations.push_back(one);
    auto record = bare_record();
    record.udp = std::make_unique<observe::UdpTraffic>(traffic);
    const auto line = to_json_line(record);
    CHECK(line.find(R"("reason":"observed","would":"deny","would_rule":"no dns","sent":0)") !=
          std::string::npos);
    CHECK(line.find(R"("reason":"observed","sent":0)") != std::string::npos);
}

TEST_CASE("a record tells what the answer would be if nothing observed, and whose rule it was")
{
    auto record = bare_record();
    record.verdict = policy::Verdict::allow;
    record.rule = "web";
    record.would = std::make_unique<observe::Would>(observe::Would{"deny", "no \"chat\""});
    auto life = std::make_unique<policy::Life>();
    life->owner = "team-a";
    life->expires = std::chrono::sys_seconds{1'700'000'000s};
    record.life = std::move(life);
    const auto line = to_json_line(record);
    CHECK(line.find(R"("rule":"web","would":"deny","would_rule":"no \"chat\"",)"
                    R"("life":{"owner":"team-a","expires":"2023-11-14T22:13:20Z"},"ending")") !=
          std::string::npos);
}

TEST_CASE("a record tells what the rule pins, what the client named, and what was wrong with it")
{
    auto record = bare_record();
    record.inner =
        std::make_unique<observe::Inner>(observe::Inner{"tls", "other.example", "another server"});
    CHECK(to_json_line(record).find(
              R"("inner":{"pinned":"tls","server_name":"other.example","why":"another server"},)"
              R"("ending":)") != std::string::npos);
    record.inner = std::make_unique<observe::Inner>(observe::Inner{"ssh", "", ""});
    CHECK(to_json_line(record).find(R"("inner":{"pinned":"ssh"},"ending":)") != std::string::npos);
}

TEST_CASE("the record of a tunnel that a changed policy ended names the cause")
{
    auto record = bare_record();
    record.ending = "policy_changed";
    record.cause = std::make_unique<observe::Cause>(
        observe::Cause{"reload", "0f1e2d3c4b5a", "rule", "nothing else"});
    CHECK(to_json_line(record).find(
              R"("ending":"policy_changed","closed_by":"gateway",)"
              R"("cause":{"event":"reload","policy":"0f1e2d3c4b5a","reason":"rule",)"
              R"("rule":"nothing else"},"up":0)") != std::string::npos);
}
