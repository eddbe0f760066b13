// What became of one request, told step by step by whoever serves it, and kept as its access
// record.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "protocols/tunnel_request.hpp"
#include "src/dial/dialer.hpp"
#include "src/gateway/client.hpp"
#include "src/gateway/outcome.hpp"
#include "src/gateway/snapshot.hpp"
#include "src/http/exchange.hpp"
#include "src/login/authenticator.hpp"
#include "src/observe/record.hpp"
#include "src/relay/relay.hpp"
#include "src/udp/association.hpp"

namespace adit::gateway {

class Worker;

// Lives on its worker's thread, as long as the request.
class Chronicle {
public:
    // The request begins now and gets its id.
    Chronicle(Worker& worker, const policy::Listener& listener, const Peer& client);

    // The address that a proxy in front has told is the client's from here on.
    void carried(const protocols::Endpoint& client);
    void protocol(std::string_view word) { record_.protocol = word; }
    void tls(std::string_view version) { record_.tls = version; }
    void user(std::string name) { record_.user = std::move(name); }
    void login(const login::Answer& answer);
    void reason(std::string_view words) { record_.reason = words; }
    // The request is complete, and judged by this snapshot.
    void request(const protocols::Target& target, const Snapshot& now);
    // A UDP association was asked for, which names no destination.
    void association(const Snapshot& now);
    void local(const protocols::Endpoint& at) { record_.local = at; }
    // Told once for each request: about the address that was dialled, or the refusal. Counts it for
    // the rule, too.
    void decision(const policy::Decision& decision);
    void dial(const std::vector<dial::AddressVerdict>& considered,
              std::optional<std::chrono::milliseconds> dns,
              std::optional<std::chrono::milliseconds> connect);
    void connection(const dial::Dialled& connection);
    // The same for one that has served before.
    void connection(const policy::Decision& decision, const protocols::Endpoint& address,
                    const protocols::Endpoint& local);
    void pin(const policy::Inner& inner, const Pinned& found, Interruption interruption);
    void tunnel(const relay::Totals& totals, Interruption interruption);
    void datagrams(const udp::Totals& totals, Interruption interruption);
    void outcome(const Outcome& outcome);

    // A forwarded request's bytes, however it ended.
    void exchange(const http::Result& result);

    // The next request on the same connection begins now, and gets an id of its own.
    void begin_again();

    // Since the beginning.
    std::chrono::milliseconds elapsed() const;

    const std::string& id() const { return record_.id; }
    observe::Record& record() { return record_; }

private:
    using Clock = std::chrono::steady_clock;

    Worker& worker_;
    observe::Record record_;
    Clock::time_point began_ = Clock::now();
};

}  // namespace adit::gateway
