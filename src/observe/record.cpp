// Writes a record as JSON by hand: the keys are few and fixed, and this runs once a tunnel on the
// workers.
#include "src/observe/record.hpp"

#include <chrono>

#include <fmt/format.h>

#include "policy/moment.hpp"
#include "src/observe/json_text.hpp"

namespace adit::observe {
namespace {

// `number` in as many digits, zeros in front, and what separates it from the next.
void append_digits(std::string& out, unsigned number, std::size_t width, char separator)
{
    const auto end = out.size() + width;
    out.append(width, '0');
    for (auto at = end; number > 0 && at > end - width; number /= 10)
        out[--at] = static_cast<char>('0' + number % 10);
    out += separator;
}

// RFC 3339 in UTC, to the millisecond.
void append_time(std::string& out, std::chrono::system_clock::time_point time)
{
    using namespace std::chrono;
    const auto day = floor<days>(time);
    const year_month_day date{day};
    const hh_mm_ss clock{floor<milliseconds>(time - day)};
    append_digits(out, static_cast<unsigned>(static_cast<int>(date.year())), 4, '-');
    append_digits(out, static_cast<unsigned>(date.month()), 2, '-');
    append_digits(out, static_cast<unsigned>(date.day()), 2, 'T');
    append_digits(out, static_cast<unsigned>(clock.hours().count()), 2, ':');
    append_digits(out, static_cast<unsigned>(clock.minutes().count()), 2, ':');
    append_digits(out, static_cast<unsigned>(clock.seconds().count()), 2, '.');
    append_digits(out, static_cast<unsigned>(clock.subseconds().count()), 3, 'Z');
}

// Appends members to one JSON object; knows whether a comma is due.
class Members {
public:
    explicit Members(std::string& out) : out_{out} { out_ += '{'; }
    ~Members() { out_ += '}'; }
    Members(const Members&) = delete;
    Members& operator=(const Members&) = delete;

    void text(std::string_view key, std::string_view value)
    {
        begin(key);
        append_json_string(out_, value);
    }
    void text_unless_empty(std::string_view key, std::string_view value)
    {
        if (!value.empty())
            text(key, value);
    }
    void number(std::string_view key, std::uint64_t value)
    {
        begin(key);
        const fmt::format_int digits{value};
        out_.append(digits.data(), digits.size());
    }
    void number_unless_0(std::string_view key, std::uint64_t value)
    {
        if (value != 0)
            number(key, value);
    }
    void duration(std::string_view key, std::optional<milliseconds> value)
    {
        if (value)
            number(key, static_cast<std::uint64_t>(value->count()));
    }
    // The caller appends the value itself.
    std::string& begin(std::string_view key)
    {
        if (!first_)
            out_ += ',';
        first_ = false;
        out_ += '"';
        out_ += key;
        out_ += "\":";
        return out_;
    }

private:
    std::string& out_;
    bool first_ = true;
};

void append_resolved(std::string& out, const std::vector<Resolved>& all)
{
    out += '[';
    for (const auto& one : all) {
        if (&one != &all.front())
            out += ',';
        Members members{out};
        members.text("address", protocols::to_text(one.address));
        members.text("verdict", word(one.verdict));
        members.text_unless_empty("rule", one.rule);
    }
    out += ']';
}

void append_life(std::string& out, const policy::Life& life)
{
    Members members{out};
    members.text_unless_empty("owner", life.owner);
    members.text_unless_empty("reason", life.reason);
    members.text_unless_empty("ticket", life.ticket);
    if (life.expires)
        members.text("expires", policy::to_text(*life.expires));
}

void append_counts(Members& members, const UdpCounts& counts)
{
    members.number("sent", counts.sent);
    members.number("received", counts.received);
    members.number("up", counts.up);
    members.number("down", counts.down);
}

void append_destinations(std::string& out, const std::vector<UdpDestination>& all)
{
    out += '[';
    for (const auto& one : all) {
        if (&one != &all.front())
            out += ',';
        Members members{out};
        members.text("host", to_text(one.target.host));
        members.number("port", one.target.port);
        if (one.address)
            members.text("address", to_text(*one.address));
        if (one.verdict)
            members.text("verdict", word(*one.verdict));
        members.text_unless_empty("rule", one.rule);
        members.text_unless_empty("reason", one.reason);
        members.text_unless_empty("would", one.would);
        members.text_unless_empty("would_rule", one.would_rule);
        append_counts(members, one.counts);
    }
    out += ']';
}

void append_dropped(std::string& out, const UdpDropped& dropped)
{
    Members members{out};
    members.number_unless_0("stranger", dropped.stranger);
    members.number_unless_0("malformed", dropped.malformed);
    members.number_unless_0("fragment", dropped.fragment);
    members.number_unless_0("refused", dropped.refused);
    members.number_unless_0("unresolved", dropped.unresolved);
    members.number_unless_0("unasked", dropped.unasked);
    members.number_unless_0("unsendable", dropped.unsendable);
}

void append_traffic(std::string& out, const UdpTraffic& traffic)
{
    Members members{out};
    append_destinations(members.begin("destinations"), traffic.destinations);
    if (traffic.other_destinations > 0) {
        Members others{members.begin("others")};
        others.number("destinations", traffic.other_destinations);
        append_counts(others, traffic.others);
    }
    if (!traffic.dropped.none())
        append_dropped(members.begin("dropped"), traffic.dropped);
}

void append_inner(std::string& out, const Inner& inner)
{
    Members members{out};
    members.text("pinned", inner.pinned);
    members.text_unless_empty("server_name", inner.server_name);
    members.text_unless_empty("why", inner.why);
}

void append_cause(std::string& out, const Cause& cause)
{
    Members members{out};
    members.text("event", cause.event);
    members.text("policy", cause.policy);
    members.text("reason", cause.reason);
    members.text_unless_empty("rule", cause.rule);
}

}  // namespace

std::string client_text(const Record& record)
{
    return record.client ? to_text(*record.client) : "unix";
}

std::string to_json_line(const Record& record)
{
    std::string out;
    out.reserve(512);
    {
        Members members{out};
        members.number("v", 1);
        auto& time = members.begin("time");
        time += '"';
        append_time(time, record.time);
        time += '"';
        members.text("id", record.id);
        members.text("listener", record.listener);
        members.text_unless_empty("protocol", record.protocol);
        members.text_unless_empty("tls", record.tls);
        if (record.client || record.uid)
            members.text("client", client_text(record));
        if (record.via)
            members.text("via", to_text(*record.via));
        if (record.uid)
            members.number("uid", *record.uid);
        members.text_unless_empty("user", record.user);
        if (record.token_expires)
            members.text("token_expires", policy::to_text(*record.token_expires));
        if (record.target) {
            members.text("host", to_text(record.target->host));
            members.number("port", record.target->port);
        }
        members.text_unless_empty("policy", record.policy);
        if (!record.resolved.empty())
            append_resolved(members.begin("resolved"), record.resolved);
        if (record.address)
            members.text("address", to_text(*record.address));
        if (record.local)
            members.text("local", to_text(*record.local));
        if (record.verdict)
            members.text("verdict", word(*record.verdict));
        members.text_unless_empty("rule", record.rule);
        members.text_unless_empty("reason", record.reason);
        members.text_unless_empty("near", record.near);
        if (record.would) {
            members.text("would", record.would->verdict);
            members.text_unless_empty("would_rule", record.would->rule);
        }
        if (record.life)
            append_life(members.begin("life"), *record.life);
        if (record.inner)
            append_inner(members.begin("inner"), *record.inner);
        members.text("ending", record.ending);
        members.text_unless_empty("closed_by", record.closed_by);
        if (record.cause)
            append_cause(members.begin("cause"), *record.cause);
        if (record.udp)
            append_traffic(members.begin("udp"), *record.udp);
        members.number("up", record.up);
        members.number("down", record.down);
        Members times{members.begin("ms")};
        times.duration("handshake", record.ms.handshake);
        times.duration("dns", record.ms.dns);
        times.duration("connect", record.ms.connect);
        times.duration("first_byte", record.ms.first_byte);
        times.duration("total", record.ms.total);
    }
    out += '\n';
    return out;
}

}  // namespace adit::observe
