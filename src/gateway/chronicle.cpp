// Turns what happens to a request into the fields of its record.
#include "src/gateway/chronicle.hpp"

#include <utility>

#include "src/gateway/worker.hpp"
#include "src/platform/clocks.hpp"

namespace adit::gateway {

Chronicle::Chronicle(Worker& worker, const policy::Listener& listener, const Peer& client)
    : worker_{worker}
{
    record_.time = std::chrono::system_clock::now();
    record_.id = worker.next_request_id();
    record_.listener = listener.name;
    record_.client = client.endpoint;
    record_.uid = client.uid;
}

void Chronicle::carried(const protocols::Endpoint& client)
{
    record_.via = std::exchange(record_.client, client);
}

void Chronicle::login(const login::Answer& answer)
{
    record_.reason = answer.why;
    if (answer.token)
        record_.token_expires = std::chrono::sys_seconds{
            std::chrono::seconds{static_cast<std::int64_t>(answer.token->expires)}};
}

void Chronicle::request(const protocols::Target& target, const Snapshot& now)
{
    record_.ms.handshake = elapsed();
    record_.target = target;
    record_.policy = now.configuration->hash;
}

void Chronicle::association(const Snapshot& now)
{
    record_.ms.handshake = elapsed();
    record_.policy = now.configuration->hash;
}

void Chronicle::decision(const policy::Decision& decision)
{
    record_.verdict = decision.verdict;
    record_.rule = decision.rule_name();
    record_.reason = word(decision.reason);
    record_.near = decision.near_name();
    if (decision.would) {
        const auto& would = *decision.would;
        record_.would = std::make_unique<observe::Would>(
            observe::Would{would.verdict_word(), std::string{would.rule_name()}});
    }
    if (decision.rule != nullptr && !decision.rule->life.empty() &&
        worker_.snapshot()->configuration->log.rule_life)
        record_.life = std::make_unique<policy::Life>(decision.rule->life);
    worker_.rule_counters().decided(decision, std::chrono::system_clock::now());
}

void Chronicle::dial(const std::vector<dial::AddressVerdict>& considered,
                     std::optional<std::chrono::milliseconds> dns,
                     std::optional<std::chrono::milliseconds> connect)
{
    record_.ms.dns = dns;
    record_.ms.connect = connect;
    for (const auto& one : considered)
        record_.resolved.push_back(
            {one.address, one.decision.verdict, std::string{one.decision.rule_name()}});
}

void Chronicle::connection(const dial::Dialled& connection)
{
    this->connection(connection.decision, connection.address, connection.local);
}

void Chronicle::connection(const policy::Decision& decision, const protocols::Endpoint& address,
                           const protocols::Endpoint& local)
{
    this->decision(decision);
    record_.address = address;
    record_.local = local;
}

void Chronicle::exchange(const http::Result& result)
{
    record_.up = result.up;
    record_.down = result.down;
    record_.ms.first_byte = result.first_byte;
}

// What the client got of the destination meanwhile is counted with the rest.
void Chronicle::pin(const policy::Inner& inner, const Pinned& found, Interruption interruption)
{
    record_.inner = std::make_unique<observe::Inner>(
        observe::Inner{word(inner.protocol), found.server_name, found.why});
    record_.down = found.down;
    if (found.end != PinEnd::kept)
        outcome(pin_outcome(found.end, interruption));
}

void Chronicle::tunnel(const relay::Totals& totals, Interruption interruption)
{
    outcome(tunnel_outcome(totals, interruption));
    record_.up += totals.up;  // an upgraded request has moved some already
    record_.down += totals.down;
    if (!record_.ms.first_byte)
        record_.ms.first_byte = totals.first_byte;
}

void Chronicle::datagrams(const udp::Totals& totals, Interruption interruption)
{
    outcome(association_outcome(totals.end, interruption));
    auto all = totals.traffic.others;
    for (const auto& destination : totals.traffic.destinations)
        all += destination.counts;
    record_.up = all.up;
    record_.down = all.down;
    record_.udp = std::make_unique<observe::UdpTraffic>(totals.traffic);
}

void Chronicle::outcome(const Outcome& outcome)
{
    record_.ending = outcome.ending;
    record_.closed_by = outcome.closed_by;
}

void Chronicle::begin_again()
{
    observe::Record next;
    next.time = std::chrono::system_clock::now();
    next.id = worker_.next_request_id();
    next.listener = std::move(record_.listener);
    next.client = record_.client;
    next.via = record_.via;
    next.uid = record_.uid;
    next.tls = record_.tls;
    record_ = std::move(next);
    began_ = Clock::now();
}

std::chrono::milliseconds Chronicle::elapsed() const
{
    return platform::since(began_);
}

}  // namespace adit::gateway
