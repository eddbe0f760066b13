// A connection's whole life, top to bottom: serve() is the page to read.
#include "src/gateway/session.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/co_spawn.hpp>

#include "src/gateway/worker.hpp"
#include "src/loop/socket_options.hpp"
#include "src/platform/clocks.hpp"

namespace adit::gateway {

using protocols::Answer;
using protocols::Dialect;
using protocols::Ending;
using protocols::Fault;
using protocols::Hangup;
using protocols::Login;
using protocols::Protocol;

namespace {

// The target of a page of our own.
const protocols::Target nowhere{protocols::Address{}, 0};

// What is behind a refused login, for the record. Who is locked out is told the same as ever.
Hangup why_not(const login::Answer& answer, Hangup told)
{
    if (answer.verdict == login::Verdict::locked)
        told.ending = Ending::login_locked;
    if (answer.verdict == login::Verdict::busy)
        told.ending = Ending::limit;
    return told;
}

// Which addresses are reached is told apart from what is asked for.
Ending ending_of(const policy::Decision& decision, const protocols::Target& target)
{
    using policy::Reason;
    const bool by_address = decision.reason == Reason::internal_address ||
                            decision.reason == Reason::bad_destination ||
                            decision.reason == Reason::own_listener ||
                            (decision.rule != nullptr && decision.rule->networks);
    const bool is_literal = std::holds_alternative<protocols::Address>(target.host);
    return is_literal && by_address ? Ending::address_not_allowed : Ending::not_allowed;
}

}  // namespace

Session::Session(Worker& worker, Client client, std::shared_ptr<const policy::Listener> listener)
    : worker_{worker},
      client_{std::move(client)},
      listener_{std::move(listener)},
      chronicle_{worker, *listener_, client_.peer()},
      deadline_{worker.deadlines(), [this] { on_deadline(); }}
{
}

// Two acts: a conversation, which is a coroutine, and a tunnel, which is none. Handshake, request
// and deadline are gone when the second begins, so an idle tunnel keeps little more than its facts.
void Session::serve()
{
    client_.listen();
    asio::co_spawn(worker_.loop(), establish(),
                   [self = shared_from_this()](const std::exception_ptr& surprise) {
                       self->deadline_.lift();
                       if (surprise || !self->is_tunnel())
                           self->worker_.ended(*self, surprise);
                       else if (self->association_)
                           self->carry_datagrams();
                       else
                           self->carry();
                   });
}

void Session::carry()
{
    client_.socket().forget_waits();
    tunnel_->relay.start([self = shared_from_this()](const relay::Totals& totals) {
        self->chronicle_.tunnel(totals, self->interruption_);
        self->worker_.ended(*self, nullptr);
    });
}

// From the first byte to a tunnel that stands and of which the client knows, or to the end of the
// last forwarded request. Whoever gets none has been answered.
Awaitable<void> Session::establish()
{
    deadline_.expires_after(worker_.snapshot()->configuration->limits.handshake_timeout);
    const auto is_introduced = co_await introduced();
    if (!is_introduced)
        co_return;
    auto handshake = co_await sniff();
    while (handshake) {
        const auto another = co_await serve_request(*handshake);
        if (!another)
            co_return;
        handshake = co_await next_request();
    }
}

// True when another request may follow on the connection.
Awaitable<bool> Session::serve_request(Handshake& handshake)
{
    const auto asked = co_await negotiate(handshake);
    if (!asked) {
        const auto another = co_await refuse(handshake, asked.error());
        co_return another;
    }
    if (!asked->page.empty()) {
        const auto another = co_await show(asked->page);
        co_return another;
    }
    if (const auto hangup = overtaken(handshake, *asked)) {
        const auto another = co_await refuse(handshake, *hangup);
        co_return another;
    }
    if (asked->request.protocol == Protocol::udp) {
        const auto another = co_await associate(handshake, *asked);
        co_return another;
    }

    const auto now = worker_.snapshot();  // each request is judged by the newest policy
    const auto judged_in = worker_.live_tunnels().pass();
    chronicle_.request(asked->request.target, *now);

    const auto subject = subject_of(*asked);
    if (const auto decision = refuse_unheard(*asked, subject, *now)) {
        const auto another =
            co_await refuse(handshake, *decision, ending_of(*decision, asked->request.target));
        co_return another;
    }
    if (asked->forward) {
        const auto another = co_await forward(handshake, *asked, subject, now);
        co_return another;
    }

    if (asked->request.protocol == Protocol::bind) {
        const auto another = co_await await_peer(handshake, *asked, subject, *now, judged_in);
        co_return another;
    }

    auto dialled = co_await dial(*asked, subject, *now);
    if (const auto* failure = std::get_if<dial::DialFailure>(&dialled)) {
        const auto another = co_await refuse(handshake, *failure);
        co_return another;
    }

    auto& connection = std::get<dial::Dialled>(dialled);
    Answer answer;
    answer.ending = Ending::established;
    answer.bound = connection.local;
    co_await stand(handshake, *asked, std::move(connection), answer, judged_in);
    co_return false;
}

// The destination is there: says so, and begins the tunnel.
Awaitable<void> Session::stand(const Handshake& handshake, const Asked& asked,
                               dial::Dialled connection, Answer answer, std::uint64_t judged_in)
{
    chronicle_.connection(connection);
    const auto told = co_await client_.send(last_words(handshake, answer));
    if (!told || interruption_ == Interruption::stopping) {
        chronicle_.outcome(interruption_ == Interruption::stopping ? stopped : client_gone);
        co_return;
    }
    // A policy that only observes holds nothing back.
    const bool enforced = worker_.snapshot()->configuration->policy.mode() == policy::Mode::enforce;
    if (const auto* rule = connection.decision.rule; enforced && rule != nullptr && rule->inner) {
        const auto kept =
            co_await keeps_to(*rule->inner, asked.request.target.host, connection.socket);
        if (!kept)
            co_return;
    }
    begin_tunnel(std::move(connection.socket), judged_in);
}

void Session::begin_tunnel(Socket destination, std::uint64_t judged_in)
{
    interruption_ = Interruption::none;
    deadline_.lift();
    personal_.reset();  // of requests that came before on this connection
    tunnel_ = std::make_unique<Tunnel>(client_, std::move(destination), worker_.relay_shared());
    worker_.live_tunnels().established(*this, judged_in, *worker_.snapshot());
}

// The first byte decides the dialect, and the listener whether it is spoken here. At a fixed
// forward nothing is waited for: there the server may speak first.
Awaitable<std::optional<Session::Handshake>> Session::sniff()
{
    if (listener_->forward)
        co_return Handshake{protocols::FixedForward{*listener_->forward}};
    auto heard = co_await hear();
    if (!heard)
        co_return std::nullopt;
    const auto now = worker_.snapshot();
    renew_listener(now);
    const auto certificate = now->certificates.find(listener_->name);
    if (certificate != now->certificates.end() &&
        protocols::begins_tls(client_.received().front())) {
        const auto secured = co_await secure(*certificate->second);
        if (!secured)
            co_return std::nullopt;
        heard = co_await hear();
        if (!heard)
            co_return std::nullopt;
    }
    const auto dialect = protocols::sniff(client_.received().front());
    if (!dialect) {
        chronicle_.protocol("unknown");
        chronicle_.outcome(unknown_protocol);
        co_return std::nullopt;
    }
    switch (*dialect) {
        case Dialect::http:
            co_return Handshake{protocols::HttpHandshake{asked_login(), offer()}};
        case Dialect::socks5:
            co_return Handshake{protocols::Socks5Handshake{asked_login()}};
        case Dialect::socks4:
            co_return Handshake{protocols::Socks4Handshake{}};
    }
    co_return std::nullopt;
}

// A client that leaves before it has said a byte, inside TLS if need be, only looked whether
// somebody is there.
Awaitable<bool> Session::hear()
{
    bool heard = !client_.received().empty();
    if (!heard)
        heard = co_await client_.receive();
    if (!heard)
        silent();
    co_return heard;
}

// What a reload has changed about the listener holds from here on. False when the listener is gone.
bool Session::renew_listener(const SnapshotPtr& now)
{
    const auto& listeners = now->configuration->listeners;
    const auto same = std::find_if(listeners.begin(), listeners.end(),
                                   [&](const auto& one) { return one.name == listener_->name; });
    if (same == listeners.end())
        return false;
    listener_ = std::shared_ptr<const policy::Listener>{now, &*same};
    return true;
}

// What a reload during the handshake has taken away: nobody gets in by having begun early.
std::optional<Hangup> Session::overtaken(const Handshake& handshake, const Asked& asked)
{
    renew_listener(worker_.snapshot());
    if (listener_->forward)
        return std::nullopt;
    if (!is_offered(handshake) || !listener_->protocols.contains(asked.request.protocol))
        return Hangup{Ending::not_allowed, Fault::protocol_not_open};
    if (listener_->login == Login::required && asked.user.empty())
        return Hangup{Ending::login_needed, Fault::none};
    return std::nullopt;
}

// Closed, or kept us waiting, before it said what it wants.
void Session::silent()
{
    if (interruption_ == Interruption::none)
        health_check_ = true;
    chronicle_.outcome(interruption_ == Interruption::stopping ? stopped : handshake_timeout);
}

// Carries the handshake's words until it has a request or has failed. A failure is still to be
// answered.
Awaitable<Result<Session::Asked, Hangup>> Session::negotiate(Handshake& handshake)
{
    const auto protocol = [&] {
        return std::visit([](const auto& one) { return one.protocol(); }, handshake);
    };
    chronicle_.protocol(word(protocol()));
    if (!is_offered(handshake))
        co_return Hangup{Ending::not_allowed, Fault::protocol_not_open};
    if (listener_->tls && listener_->tls->required && client_.tls() == nullptr)
        co_return Hangup{Ending::not_allowed, Fault::tls_required};

    std::string user = certified_;
    std::optional<login::Answer> tried;
    for (;;) {
        auto wants =
            std::visit([&](auto& one) { return one.advance(client_.received()); }, handshake);
        client_.consume(wants.consumed);
        chronicle_.protocol(word(protocol()));

        if (auto* verify = std::get_if<protocols::Verify>(&wants.what)) {
            tried = co_await verified(verify->credentials);
            if (!tried)
                co_return Hangup{Ending::malformed, Fault::too_slow};
            chronicle_.user(verify->credentials.user);
            user = verify->credentials.user;
            chronicle_.login(*tried);
            wants =
                std::visit([&](auto& one) { return one.verified(tried->accepted()); }, handshake);
        }
        const auto told = co_await client_.send(wants.reply);
        if (interruption_ != Interruption::none)
            co_return Hangup{Ending::malformed, Fault::too_slow};
        if (!told)
            co_return left();
        if (const auto* hangup = std::get_if<Hangup>(&wants.what))
            co_return tried ? why_not(*tried, *hangup) : *hangup;
        if (auto* tunnel = std::get_if<protocols::Tunnel>(&wants.what))
            co_return Asked{std::move(tunnel->request), std::move(user),
                            tried ? tried->token : nullptr};
        if (auto* forward = std::get_if<protocols::Forward>(&wants.what))
            co_return Asked{{protocol(), forward->request.target},
                            std::move(user),
                            tried ? tried->token : nullptr,
                            std::move(forward->request)};
        if (auto* help = std::get_if<protocols::Help>(&wants.what))
            co_return Asked{{protocol(), nowhere}, {}, {}, {}, std::move(help->page)};
        if (std::holds_alternative<protocols::Associate>(wants.what)) {
            chronicle_.protocol(word(Protocol::udp));
            co_return Asked{
                {Protocol::udp, nowhere}, std::move(user), tried ? tried->token : nullptr};
        }
        if (auto* bind = std::get_if<protocols::Bind>(&wants.what)) {
            chronicle_.protocol(word(Protocol::bind));
            co_return Asked{{Protocol::bind, std::move(bind->from)},
                            std::move(user),
                            tried ? tried->token : nullptr};
        }
        if (wants.consumed > 0 || !wants.reply.empty())
            continue;  // what came with it may be the next message already

        const auto heard = co_await client_.receive();
        if (interruption_ != Interruption::none)
            co_return Hangup{Ending::malformed, Fault::too_slow};
        if (!heard)
            co_return left();
    }
}

// What can be refused before a name is looked up.
std::optional<policy::Decision> Session::refuse_unheard(const Asked& asked,
                                                        const policy::Subject& subject,
                                                        const Snapshot& now) const
{
    const auto& configuration = *now.configuration;
    if (!asked.user.empty() && !configuration.users.contains(asked.user)) {
        policy::Decision gone;  // a reload took the user away during the handshake
        gone.reason = policy::Reason::user_gone;
        return gone;
    }
    return configuration.policy.refuse_by_name(subject, asked.request.target, now.around);
}

policy::Subject Session::subject_of(const Asked& asked) const
{
    policy::Subject subject;
    subject.listener = listener_->name;
    subject.protocol = asked.request.protocol;
    if (client_.peer().endpoint)
        subject.client = client_.peer().endpoint->address;
    subject.uid = client_.peer().uid;
    subject.user = asked.user;
    subject.rights = asked.token ? &asked.token->rights : nullptr;
    subject.may_log_in = listener_->login == Login::optional;
    subject.at = platform::wall_clock();
    return subject;
}

Hangup Session::left()
{
    interruption_ = Interruption::client_left;
    return {};
}

void Session::interrupt(Interruption why)
{
    if (interruption_ == Interruption::none)
        interruption_ = why;
    boost::system::error_code nothing_to_cancel;
    if (tunnel_)
        tunnel_->relay.stop();
    else if (association_)
        association_->stop();
    else if (dialling_ != nullptr)
        dialling_->cancel();
    else if (verifying_ != nullptr)
        verifying_->wake();
    else if (exchange_ != nullptr)
        exchange_->stop();
    else if (pin_ != nullptr)
        pin_->interrupt();
    else
        client_.socket().cancel(nothing_to_cancel);
}

void Session::look_after(std::uint32_t tick, std::uint32_t idle_ticks)
{
    if (association_ && tick - association_->last_active() > idle_ticks)
        return interrupt(Interruption::idle);
    if (!tunnel_)
        return;
    if (tick - tunnel_->relay.last_active() > idle_ticks)
        return interrupt(Interruption::idle);
    if (!std::exchange(kept_alive_, true))
        set_keepalive(tunnel_->destination.native_handle());
}

void Session::on_deadline()
{
    interrupt(Interruption::deadline);
}

}  // namespace adit::gateway
