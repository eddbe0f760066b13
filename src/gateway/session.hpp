// One connection from accept to close: sniffed, negotiated, judged, dialled, answered and relayed.
// Its whole life is in session.cpp, top to bottom.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <boost/intrusive/list_hook.hpp>

#include "protocols/fixed_forward.hpp"
#include "protocols/http_connect.hpp"
#include "protocols/sniff.hpp"
#include "protocols/socks4.hpp"
#include "protocols/socks5.hpp"
#include "src/dial/dialer.hpp"
#include "src/gateway/chronicle.hpp"
#include "src/gateway/client.hpp"
#include "src/gateway/deadline.hpp"
#include "src/gateway/snapshot.hpp"
#include "src/http/exchange.hpp"
#include "src/http/pool.hpp"
#include "src/login/authenticator.hpp"
#include "src/loop/wakeup.hpp"
#include "src/relay/relay.hpp"
#include "src/udp/association.hpp"

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

    // For a connection that only waits for another request: it need not come any more.
    void drain();

    // True when there is a request worth a record: the connection did not close before it said a
    // byte, and does not rest between two requests.
    bool has_record() const { return !health_check_ && !resting_; }
    observe::Record& record() { return chronicle_.record(); }

    // Once in a while, for a tunnel that stands: ends it when it has rested for `idle_ticks` of the
    // worker's coarse clock. One that is not short-lived has its destination watched from then on.
    void look_after(std::uint32_t tick, std::uint32_t idle_ticks);

    // True while the tunnel stands, or the UDP association.
    bool is_tunnel() const { return tunnel_ != nullptr || association_ != nullptr; }

    // Since the accept.
    std::chrono::milliseconds elapsed() const { return chronicle_.elapsed(); }

private:
    using Handshake = std::variant<protocols::HttpHandshake, protocols::Socks5Handshake,
                                   protocols::Socks4Handshake, protocols::FixedForward>;
    struct Asked {
        protocols::TunnelRequest request;
        std::string user;                                    // empty: nobody
        std::shared_ptr<const protocols::Token> token = {};  // narrows what the user may reach
        std::optional<protocols::ForwardRequest> forward = {};
        protocols::Reply page = {};  // of our own
    };
    // A connection that serves this client alone: the destination knows it, or may mistake it.
    struct Personal {
        http::PoolKey key;
        std::unique_ptr<http::Upstream> upstream;
    };
    struct Tunnel {
        Tunnel(Client& client, Socket to, relay::Shared& shared)
            : destination{std::move(to)},
              relay{client.side(), relay::Side::connected(destination), client.take_unused_bytes(),
                    shared}
        {
        }
        Socket destination;
        relay::Relay relay;
    };

    Awaitable<void> establish();
    Awaitable<bool> serve_request(Handshake& handshake);
    Awaitable<void> stand(const Handshake& handshake, const Asked& asked, dial::Dialled connection,
                          protocols::Answer answer, std::uint64_t judged_in);
    void begin_tunnel(Socket destination, std::uint64_t judged_in);
    void carry();
    // proxy_header.cpp: whoever must say for whom it speaks does so first.
    Awaitable<bool> introduced();
    void cut_short();
    Awaitable<bool> associate(Handshake& handshake, const Asked& asked);
    void carry_datagrams();
    Awaitable<std::optional<Handshake>> sniff();
    void silent();
    Awaitable<bool> hear();
    bool renew_listener(const SnapshotPtr& now);
    std::optional<protocols::Hangup> overtaken(const Handshake& handshake, const Asked& asked);
    Awaitable<bool> secure(const tls::Context& context);
    protocols::Login asked_login() const;
    bool is_still_certified(const Snapshot& now) const;
    Awaitable<Result<Asked, protocols::Hangup>> negotiate(Handshake& handshake);
    Awaitable<std::optional<login::Answer>> verified(const protocols::Credentials& credentials);
    policy::Subject subject_of(const Asked& asked) const;
    std::optional<policy::Decision> refuse_unheard(const Asked& asked,
                                                   const policy::Subject& subject,
                                                   const Snapshot& now) const;

    Awaitable<dial::DialResult> dial(const Asked& asked, const policy::Subject& subject,
                                     const Snapshot& now);
    void watch_client(dial::Cancellable& wait);
    void unwatch_client();
    static void on_client_stirring(void* session, bool);

    // SOCKS BIND, in binding.cpp.
    Awaitable<bool> await_peer(Handshake& handshake, const Asked& asked,
                               const policy::Subject& subject, const Snapshot& now,
                               std::uint64_t judged_in);

    Awaitable<bool> keeps_to(const policy::Inner& inner, const protocols::Host& asked,
                             Socket& destination);

    Awaitable<bool> refuse(Handshake& handshake, const policy::Decision& decision,
                           protocols::Ending ending);
    Awaitable<bool> refuse(Handshake& handshake, const dial::DialFailure& failure);
    Awaitable<bool> refuse(Handshake& handshake, const protocols::Hangup& why);
    Awaitable<bool> refuse(Handshake& handshake, protocols::Answer answer);
    static protocols::Reply last_words(const Handshake& handshake, const protocols::Answer& answer);
    protocols::Hangup left();

    // Plain HTTP, in forwarding.cpp.
    protocols::HttpOffer offer() const;
    bool is_offered(const Handshake& handshake) const;
    Awaitable<std::optional<Handshake>> next_request();
    bool has_begun();
    Awaitable<bool> show(protocols::Reply page);
    Awaitable<bool> forward(Handshake& handshake, const Asked& asked,
                            const policy::Subject& subject, SnapshotPtr now);
    std::unique_ptr<http::Upstream> reuse(const http::PoolKey& key, bool repeatable);
    Awaitable<http::Result> exchange(const protocols::ForwardRequest& request,
                                     http::Upstream& upstream, std::chrono::milliseconds idle);
    Awaitable<bool> conclude_exchange(Handshake& handshake, const http::Result& result);
    Awaitable<bool> upgrade(http::Upstream& upstream, std::uint64_t judged_in);

    // How long a client may take to read its last answer and close.
    static constexpr std::chrono::seconds parting_time{2};

    void on_deadline();

    Worker& worker_;
    Client client_;
    std::shared_ptr<const policy::Listener> listener_;
    Chronicle chronicle_;
    std::string certified_;  // the user whom a client certificate has named
    bool health_check_ = false;
    bool resting_ = false;      // between two requests
    bool client_left_ = false;  // said FIN while we dial or wait for an answer
    bool kept_alive_ = false;   // the destination carries the keepalive options
    Interruption interruption_ = Interruption::none;

    // What the session waits for, if anything; interrupt() ends that wait.
    Deadline deadline_;
    Wakeup* verifying_ = nullptr;
    dial::Cancellable* dialling_ = nullptr;
    http::Exchange* exchange_ = nullptr;
    std::unique_ptr<Personal> personal_;
    Pin* pin_ = nullptr;
    std::unique_ptr<Tunnel> tunnel_;
    std::shared_ptr<udp::Association> association_;
};

}  // namespace adit::gateway
