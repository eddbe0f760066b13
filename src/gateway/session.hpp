// One connection from accept to close: sniffed, negotiated, judged, dialled, answered and relayed.
// Its whole life is in session.cpp, top to bottom.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <boost/intrusive/list_hook.hpp>

#include "protocols/http_connect.hpp"
#include "protocols/sniff.hpp"
#include "protocols/socks4.hpp"
#include "protocols/socks5.hpp"
#include "src/dial/dialer.hpp"
#include "src/gateway/chronicle.hpp"
#include "src/gateway/client.hpp"
#include "src/gateway/deadline.hpp"
#include "src/gateway/snapshot.hpp"
#include "src/gateway/wakeup.hpp"
#include "src/relay/relay.hpp"

namespace adit::gateway {

class Worker;

// Lives on its worker's thread. The worker keeps it in its list of sessions; whatever the session
// waits for keeps it alive.
class Session : public std::enable_shared_from_this<Session>,
                public boost::intrusive::list_base_hook<> {
public:
    Session(Worker& worker, Client client, std::shared_ptr<const policy::Listener> listener);

    // The connection's life. Ends in Worker::ended(), whatever happens; what became of it is in
    // record().
    void serve();

    // Ends whatever the session waits for. The first reason counts.
    void interrupt(Interruption why);

    // True when this was a connection worth a record: not one that closed before it said a byte.
    bool has_record() const { return !health_check_; }
    observe::Record& record() { return chronicle_.record(); }

    // Once in a while, for a tunnel that stands: ends it when it has rested for `idle_ticks` of the
    // worker's coarse clock. One that is not short-lived has its destination watched from then on.
    void look_after(std::uint32_t tick, std::uint32_t idle_ticks);

    // True while the tunnel stands.
    bool is_tunnel() const { return tunnel_ != nullptr; }

    // Since the accept.
    std::chrono::milliseconds elapsed() const { return chronicle_.elapsed(); }

private:
    using Handshake = std::variant<protocols::HttpHandshake, protocols::Socks5Handshake,
                                   protocols::Socks4Handshake>;
    struct Asked {
        protocols::TunnelRequest request;
        std::string user;  // empty: nobody
    };
    struct Tunnel {
        Tunnel(Client& client, Socket to, relay::Shared& shared)
            : destination{std::move(to)},
              relay{client.socket(), destination, client.take_unused_bytes(), shared}
        {
        }
        Socket destination;
        relay::Relay relay;
    };

    Awaitable<void> establish();
    void carry();
    Awaitable<std::optional<Handshake>> sniff();
    Awaitable<Result<Asked, protocols::Hangup>> negotiate(Handshake& handshake);
    Awaitable<std::optional<bool>> verified(const protocols::Credentials& credentials);
    policy::Subject subject_of(const Asked& asked) const;
    std::optional<policy::Decision> refuse_unheard(const Asked& asked,
                                                   const policy::Subject& subject,
                                                   const Snapshot& now) const;

    Awaitable<dial::DialResult> watched(dial::Dial& dial);
    void watch_client();
    void on_client_stirring();

    Awaitable<void> refuse(Handshake& handshake, const policy::Decision& decision,
                           protocols::Ending ending);
    Awaitable<void> refuse(Handshake& handshake, const dial::DialFailure& failure);
    Awaitable<void> refuse(Handshake& handshake, const protocols::Hangup& why);
    Awaitable<void> refuse(Handshake& handshake, protocols::Answer answer);
    protocols::Hangup left();

    void on_deadline();

    Worker& worker_;
    Client client_;
    std::shared_ptr<const policy::Listener> listener_;
    Chronicle chronicle_;
    bool health_check_ = false;
    bool client_left_ = false;  // said FIN while we dial
    bool kept_alive_ = false;   // the destination carries the keepalive options
    Interruption interruption_ = Interruption::none;

    // What the session waits for, if anything; interrupt() ends that wait.
    Deadline deadline_;
    Wakeup* verifying_ = nullptr;
    dial::Dial* dialling_ = nullptr;
    std::unique_ptr<Tunnel> tunnel_;
};

}  // namespace adit::gateway
