#include "src/review/access_line.hpp"

#include <doctest/doctest.h>

#include "src/observe/record.hpp"

using namespace adit;
using namespace adit::review;
using namespace std::chrono_literals;

namespace {

protocols::Address address(const char* text)
{
    return boost::asio::ip::make_address(text);
}

observe::Record full_record()
{
    observe::Record record;
    record.time = std::chrono::system_clock::time_point{1'700'000'000'123ms};
    record.id = "0123456789abc";
    record.listener = "main";
    record.protocol = "socks5";
    record.client = protocols::Endpoint{address("2001:db8::9"), 40000};
    record.user = "al\"ice\n\xc3\xa9";
    record.target = protocols::Target{*protocols::Domain::parse("db.example"), 5432};
    record.policy = "0f1e2d3c4b5a";
    record.resolved = {{address("10.0.0.7"), policy::Verdict::deny, ""},
                       {address("2001:db8::7"), policy::Verdict::allow, "ops"}};
    record.address = protocols::Endpoint{address("2001:db8::7"), 5432};
    record.local = protocols::Endpoint{address("2001:db8::1"), 50000};
    record.verdict = policy::Verdict::allow;
    record.rule = "ops";
    record.reason = "rule";
    record.near = "web";
    record.ending = "finished";
    record.closed_by = "client";
    return record;
}

observe::UdpTraffic udp_traffic()
{
    using protocols::Domain;
    using protocols::Target;
    observe::UdpTraffic traffic;
    traffic.destinations = {
        {Target{*Domain::parse("dns.example"), 53},
         protocols::Endpoint{address("198.51.100.53"), 53},
         policy::Verdict::allow,
         "dns",
         "rule",
         "",
         "",
         {2, 2, 66, 174}},
        {Target{address("2001:db8::1"), 123}, {}, policy::Verdict::deny, "", "no_rule", "", "", {}},
        {Target{*Domain::parse("gone.example"), 53}, {}, {}, "", "", "", "", {}}};
    traffic.other_destinations = 7;
    traffic.others = {1, 2, 3, 4};
    traffic.dropped.refused = 1;
    return traffic;
}

observe::Record association(observe::UdpTraffic traffic)
{
    observe::Record record;
    record.listener = "main";
    record.protocol = "udp";
    record.client = protocols::Endpoint{address("10.2.0.9"), 51022};
    record.ending = "finished";
    record.udp = std::make_unique<const observe::UdpTraffic>(std::move(traffic));
    return record;
}

std::string failure(std::string_view line)
{
    const auto read = read_access_line(line);
    return read ? "it was read" : read.error();
}

}  // namespace

TEST_CASE("an access record is read back as it was written")
{
    const auto written = full_record();
    const auto read = read_access_line(to_json_line(written));
    REQUIRE(read.has_value());
    CHECK((read->time == Time{1'700'000'000'123ms}));
    CHECK(read->id == written.id);
    CHECK(read->listener == "main");
    CHECK((read->protocol == protocols::Protocol::socks5));
    CHECK((read->client == address("2001:db8::9")));
    CHECK(read->user == written.user);
    CHECK((read->target == written.target));
    CHECK(read->policy == written.policy);
    CHECK((read->resolved ==
           std::vector<JudgedAddress>{{address("10.0.0.7"), policy::Verdict::deny, ""},
                                      {address("2001:db8::7"), policy::Verdict::allow, "ops"}}));
    CHECK((read->address == address("2001:db8::7")));
    CHECK((read->verdict == policy::Verdict::allow));
    CHECK(read->rule == "ops");
    CHECK(read->reason == "rule");
    CHECK(read->near == "web");
    CHECK(read->ending == "finished");
}

TEST_CASE("a record without a request has no target, and that is no mistake")
{
    observe::Record record;
    record.listener = "main";
    record.protocol = "unknown";
    record.ending = "unknown_protocol";
    const auto read = read_access_line(to_json_line(record));
    REQUIRE(read.has_value());
    CHECK_FALSE(read->target.has_value());
    CHECK_FALSE(read->protocol.has_value());
    CHECK_FALSE(read->client.has_value());
    CHECK_FALSE(read->verdict.has_value());
}

TEST_CASE("the destinations of a UDP association are requests of their own")
{
    const auto read = read_access_line(to_json_line(association(udp_traffic())));
    REQUIRE(read.has_value());
    CHECK_FALSE(read->target.has_value());
    CHECK(read->destinations.size() == 3);
    CHECK(read->other_destinations == 7);

    std::vector<AccessLine> requests;
    const auto count =
        for_each_request(*read, [&](const AccessLine& request) { requests.push_back(request); });
    CHECK(count == 3);
    REQUIRE(requests.size() == 3);
    for (const auto& request : requests) {
        CHECK((request.protocol == protocols::Protocol::udp));
        CHECK((request.client == address("10.2.0.9")));
    }
    CHECK((requests[0].target == udp_traffic().destinations[0].target));
    CHECK((requests[0].address == address("198.51.100.53")));
    CHECK((requests[0].verdict == policy::Verdict::allow));
    CHECK(requests[0].rule == "dns");
    CHECK(requests[0].reason == "rule");
    CHECK((requests[1].target == udp_traffic().destinations[1].target));
    CHECK_FALSE(requests[1].address.has_value());
    CHECK((requests[1].verdict == policy::Verdict::deny));
    CHECK(requests[1].rule.empty());
    CHECK_FALSE(requests[2].verdict.has_value());
}

TEST_CASE("a tunnel is one request, and a record without a request or a destination is none")
{
    const auto count = [](const observe::Record& record) {
        const auto read = read_access_line(to_json_line(record));
        REQUIRE(read.has_value());
        return for_each_request(*read, [](const AccessLine&) {});
    };
    CHECK(count(full_record()) == 1);
    CHECK(count(association({})) == 0);
    CHECK(count(observe::Record{}) == 0);
}

TEST_CASE("what a tunnel was held to is read, and told apart from what no tunnel tells")
{
    auto written = full_record();
    written.inner = std::make_unique<const observe::Inner>(
        observe::Inner{"ssh", "", "the first bytes are not SSH"});
    const auto read = read_access_line(to_json_line(written));
    REQUIRE(read.has_value());
    CHECK((read->pinned == policy::InnerProtocol::ssh));

    auto line = *read;
    const auto tells = [&](protocols::Protocol protocol, const char* ending) {
        line.protocol = protocol;
        line.ending = ending;
        return tells_pin(line);
    };
    using protocols::Protocol;
    CHECK(tells(Protocol::socks5, "refused"));
    line.pinned.reset();
    for (const auto* ending : {"finished", "reset", "idle_timeout", "policy_changed"})
        CHECK(tells(Protocol::connect, ending));
    for (const auto* ending : {"refused", "timed_out", "client_gone", "stopped", "name_unknown"}) {
        CHECK_FALSE(tells(Protocol::forward, ending));
        CHECK(tells(Protocol::http, ending));
        CHECK(tells(Protocol::bind, ending));
    }
}

TEST_CASE("keys that a later version adds are passed over, whatever they hold")
{
    const auto read = read_access_line(
        R"({"v":1,"time":"2026-01-02T03:04:05Z","new":{"v":2,"resolved":[{"port":[0]}]},"more":[null,-1,0.5,true],)"
        R"("resolved":[{"address":"10.0.0.1","verdict":"allow","why":{"address":[]}}],"host":"a.example","port":1})");
    REQUIRE(read.has_value());
    CHECK((read->target == protocols::Target{*protocols::Domain::parse("a.example"), 1}));
    CHECK(read->resolved.size() == 1);

    const auto udp = read_access_line(
        R"({"v":1,"time":"2026-01-02T03:04:05Z","protocol":"udp","destinations":{},"others":"x","udp":{"rule":[1],)"
        R"("destinations":[{"host":"8.8.8.8","port":53,"via":{"port":0,"host":[]},"near":["x"]}],)"
        R"("others":{"destinations":2,"port":[0],"more":{}}},"pinned":[],)"
        R"("inner":{"server_name":1,"v":{"pinned":0},"pinned":"tls"},"policy":"p"})");
    REQUIRE(udp.has_value());
    CHECK(udp->destinations.size() == 1);
    CHECK(udp->other_destinations == 2);
    CHECK((udp->pinned == policy::InnerProtocol::tls));
    CHECK(udp->policy == "p");
}

TEST_CASE("what is no access record says why")
{
    CHECK(failure("") == "not JSON (byte 1)");
    CHECK(failure("hello") == "not JSON (byte 1)");
    CHECK(failure(R"({"v":1,"time":"2026-01-02T03:04:05Z")") == "not JSON (byte 37)");
    CHECK(failure("[]") == "not an object");
    CHECK(failure("1") == "not an object");
    CHECK(failure("null") == "not an object");
    CHECK(failure("{}") == R"(not an access record: it has no "v")");
    CHECK(failure(R"({"v":1})") == R"(not an access record: it has no "time")");
    CHECK(failure(R"({"v":2})") == "version 2; this program reads version 1");
    CHECK(failure(R"({"v":1,"time":5})") == R"("time" is a number)");
    CHECK(failure(R"({"v":1,"time":"now"})") == R"("time" holds 3 bytes that mean nothing there)");
    CHECK(failure(R"({"v":1,"rule":null})") == R"("rule" is null)");
    CHECK(failure(R"({"v":1,"port":65536})") == "65536 is not a port");
    CHECK(failure(R"({"v":1,"port":-1})") == R"("port" is a negative number)");
    CHECK(failure(R"({"v":1,"resolved":{}})") == R"("resolved" is an object)");
    CHECK(failure(R"({"v":1,"resolved":[{"verdict":"deny"}]})") ==
          R"(an item of "resolved" has no address)");
    CHECK(failure(R"({"v":1,"udp":[]})") == R"("udp" is a list)");
    CHECK(failure(R"({"v":1,"udp":{"destinations":{}}})") == R"("destinations" is an object)");
    CHECK(failure(R"({"v":1,"udp":{"destinations":[5]}})") == R"("destinations" is a number)");
    CHECK(failure(R"({"v":1,"udp":{"destinations":[{"host":"a"}]}})") ==
          R"(an item of "destinations" has no host and port)");
    CHECK(failure(R"({"v":1,"udp":{"destinations":[{"host":"a","port":0}]}})") ==
          "0 is not a port");
    CHECK(failure(R"({"v":1,"udp":{"others":{"destinations":"1"}}})") ==
          R"("destinations" is a string)");
    CHECK(failure(R"({"v":1,"inner":"tls"})") == R"("inner" is a string)");
    CHECK(failure(R"({"v":1,"inner":[]})") == R"("inner" is a list)");
    CHECK(failure(R"({"v":1,"inner":{"pinned":1}})") == R"("pinned" is a number)");
    CHECK(failure(R"({"v":1,"inner":{"pinned":{}}})") == R"("pinned" is an object)");
    CHECK(failure(R"({"v":1,"inner":{"pinned":"ftp"}})") ==
          R"("pinned" holds 3 bytes that mean nothing there)");
    CHECK(failure(R"({"v":1,"verdict":"allow","verdict":"deny"})") ==
          R"("verdict" stands there twice)");
    CHECK(failure(R"({"v":1,"time":"2026-01-02T03:04:05Z","host":"a b","port":1})") ==
          R"("host" is neither a name nor an address)");
}

TEST_CASE("instants are read and written in UTC")
{
    CHECK(to_text(*parse_time("2026-11-24")) == "2026-11-24T00:00:00Z");
    CHECK(to_text(*parse_time("2024-02-29T23:59:59.999Z")) == "2024-02-29T23:59:59Z");
    CHECK((*parse_time("1970-01-01T00:00:01.5Z") == Time{1500ms}));
    for (const auto* text :
         {"", "2026", "2026-02-29", "2026-13-01", "2026-11-24T", "2026-11-24T02:48",
          "2026-11-24T02:48:32", "2026-11-24T24:00:00Z", "2026-11-24T02:48:32.Z",
          "2026-11-24T02:48:32.1234Z", "2026-11-24T02:48:32Zx", "+026-11-24"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_time(text).has_value());
    }
}
