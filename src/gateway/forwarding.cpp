// Plain HTTP requests on a client's connection, one after the other: each is judged afresh, sent to
// its destination, answered and recorded. The rest of a connection's life is in session.cpp.
#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

#include "src/gateway/session.hpp"
#include "src/gateway/worker.hpp"

namespace adit::gateway {

using namespace std::chrono_literals;
using protocols::Answer;
using protocols::Ending;
using protocols::Fault;
using protocols::HttpHandshake;
using protocols::Protocol;
using std::chrono::milliseconds;

namespace {

// How long a connection may rest between two requests.
constexpr milliseconds longest_rest = 60s;

// A client that says FIN while it waits for its answer has mostly left; one that only ended its own
// half gets this long from one byte to the next.
constexpr milliseconds half_closed_patience = 10s;

}  // namespace

protocols::HttpOffer Session::offer() const
{
    const auto& open = listener_->protocols;
    protocols::HttpOffer offer{open.contains(Protocol::connect), open.contains(Protocol::http),
                               listener_->help};
    offer.forwarded_for = listener_->forwarded_for;
    offer.socks5 = open.contains(Protocol::socks5);
    offer.socks4 = open.contains(Protocol::socks4);
    offer.tls = client_.tls() != nullptr;
    offer.login = listener_->login;
    if (!client_.peer().endpoint)
        offer.socket = listener_->unix_socket ? listener_->unix_socket->path : "";
    return offer;
}

bool Session::is_offered(const Handshake& handshake) const
{
    if (std::holds_alternative<HttpHandshake>(handshake))
        return offer().connect || offer().forward;
    return listener_->protocols.contains(
        std::visit([](const auto& one) { return one.protocol(); }, handshake));
}

// The last request is recorded, and the next one waited for. A connection that ends here ends
// without a record of its own.
Awaitable<std::optional<Session::Handshake>> Session::next_request()
{
    worker_.record(*this);
    resting_ = true;
    client_left_ = false;
    interruption_ = Interruption::none;
    const auto& limits = worker_.snapshot()->configuration->limits;
    deadline_.expires_after(std::min(limits.idle_timeout, longest_rest));
    // What may have been sent ahead waits until the others have had their turn: nothing else in the life
    // of such a connection has to wait for anything.
    if (has_begun() || !client_.is_quiet())
        co_await asio::post(worker_.loop(), asio::use_awaitable_t<Executor>{});
    if (interruption_ != Interruption::none)
        co_return std::nullopt;
    while (!has_begun()) {
        const auto heard = co_await client_.receive();
        if (!heard || interruption_ != Interruption::none)
            co_return std::nullopt;
    }

    const auto now = worker_.snapshot();
    const bool goes_on = renew_listener(now) && is_still_certified(*now) && !worker_.is_draining();
    if (!goes_on)
        co_return std::nullopt;

    resting_ = false;
    chronicle_.begin_again();
    chronicle_.user(certified_);
    deadline_.expires_after(now->configuration->limits.handshake_timeout);
    co_return Handshake{HttpHandshake{asked_login(), offer()}};
}

// Whether there is something of another request. Old clients send an empty line behind a body (RFC
// 9112 §2.2), which is the beginning of none.
bool Session::has_begun()
{
    if (protocols::as_text(client_.received()).starts_with("\r\n"))
        client_.consume(2);
    const auto received = protocols::as_text(client_.received());
    return !received.empty() && received != "\r";
}

void Session::drain()
{
    if (resting_)
        interrupt(Interruption::stopping);
}

Awaitable<bool> Session::show(protocols::Reply page)
{
    chronicle_.outcome(helped);
    deadline_.expires_after(parting_time);
    const auto told = co_await client_.send(page);
    if (told)
        co_await client_.part();
    co_return false;
}

Awaitable<bool> Session::forward(Handshake& handshake, const Asked& asked,
                                 const policy::Subject& subject, SnapshotPtr now)
{
    const auto& request = *asked.forward;
    const auto judged_in = worker_.live_tunnels().pass();
    if (has_passed(request.head, worker_.pseudonym())) {
        Answer answer;
        answer.ending = Ending::loop;
        const auto another = co_await refuse(handshake, answer);
        co_return another;
    }

    const http::PoolKey key{asked.request.target, asked.user, now};
    for (bool used = true;; used = false) {
        std::unique_ptr<http::Upstream> upstream;
        policy::Decision decision;
        if (used)
            upstream = reuse(key, may_be_repeated(request));
        if (upstream) {
            decision = now->configuration->policy.judge(subject, key.target,
                                                        upstream->address().address, now->around);
            if (decision.refused())
                upstream.reset();  // the name may have an address that is allowed
        }
        const bool is_used = upstream != nullptr;
        if (!is_used) {
            auto dialled = co_await dial(asked, subject, *now);
            if (const auto* failure = std::get_if<dial::DialFailure>(&dialled)) {
                const auto another = co_await refuse(handshake, *failure);
                co_return another;
            }
            auto& connection = std::get<dial::Dialled>(dialled);
            decision = connection.decision;
            upstream = std::make_unique<http::Upstream>(std::move(connection));
        }

        const auto result =
            co_await exchange(request, *upstream, now->configuration->limits.idle_timeout);
        // It was closed while it waited: nobody has seen the request, so it is sent once more.
        if (is_used && result.end == http::End::no_answer && may_be_repeated(request))
            continue;

        chronicle_.connection(decision, upstream->address(), upstream->local());
        chronicle_.exchange(result);
        if (result.end == http::End::upgraded) {
            const auto another = co_await upgrade(*upstream, judged_in);
            co_return another;
        }
        if (result.end == http::End::finished && result.upstream_stays) {
            if (upstream->is_personal || upstream->is_tainted)
                personal_ = std::make_unique<Personal>(Personal{key, std::move(upstream)});
            else
                worker_.pool().give(key, std::move(upstream));
        }
        const auto another = co_await conclude_exchange(handshake, result);
        co_return another;
    }
}

// What could not be sent a second time never travels on a connection that may be closed already;
// but a connection on which the client has logged in is the only one that will do. Connections that
// are the client's own, for that or another reason, never get into the pool.
std::unique_ptr<http::Upstream> Session::reuse(const http::PoolKey& key, bool repeatable)
{
    if (personal_) {
        const auto personal = std::move(personal_);
        const bool will_do = repeatable || personal->upstream->is_personal;
        if (will_do && personal->key == key && personal->upstream->is_fresh())
            return std::move(personal->upstream);
    }
    return repeatable ? worker_.pool().take(key) : nullptr;
}

Awaitable<http::Result> Session::exchange(const protocols::ForwardRequest& request,
                                          http::Upstream& upstream, milliseconds idle)
{
    if (interruption_ == Interruption::stopping)
        co_return http::Result{};
    interruption_ = Interruption::none;
    http::Exchange exchange{
        worker_.loop(), client_, upstream, request, worker_.pseudonym(), [this, idle] {
            const bool half_closed = exchange_->client_said_fin();
            deadline_.expires_after(half_closed ? std::min(idle, half_closed_patience) : idle);
        }};
    exchange_ = &exchange;
    deadline_.expires_after(idle);
    const std::function<bool()> may_stay = [this] { return !worker_.is_draining(); };
    auto result = co_await exchange.run(may_stay);
    client_left_ = client_left_ || exchange.client_said_fin();
    exchange_ = nullptr;
    co_return result;
}

// Answers where no answer was, and records how it went.
Awaitable<bool> Session::conclude_exchange(Handshake& handshake, const http::Result& result)
{
    const auto stalled = [&] {
        if (interruption_ == Interruption::stopping)
            return stopped;
        return client_left_ ? answer_unread : answer_stalled;
    };
    Answer answer;
    answer.ending = Ending::bad_answer;
    answer.fault = result.fault;
    switch (result.end) {
        case http::End::finished: {
            chronicle_.outcome(answered);
            if (result.client_stays)
                co_return true;
            deadline_.expires_after(parting_time);
            co_await client_.part();
            co_return false;
        }
        case http::End::broken:
            chronicle_.outcome(answer_broken);
            break;
        case http::End::client_left:
            chronicle_.outcome(result.answer_begun ? answer_unread : client_gone);
            break;
        case http::End::stopped:
            chronicle_.outcome(stalled());
            answer.ending = Ending::timed_out;
            break;
        case http::End::bad_request:
            answer.ending = Ending::malformed;
            [[fallthrough]];
        case http::End::bad_answer:
        case http::End::no_answer:
            chronicle_.reason(words(result.fault));
            break;
        case http::End::upgraded:
            break;
    }
    const bool can_answer = !result.answer_begun && result.end != http::End::client_left &&
                            interruption_ != Interruption::stopping;
    if (!can_answer) {
        client_.reset();
        co_return false;
    }
    const auto another = co_await refuse(handshake, answer);
    co_return another;
}

// From here on it is a tunnel like any other.
Awaitable<bool> Session::upgrade(http::Upstream& upstream, std::uint64_t judged_in)
{
    const auto told = co_await client_.send(protocols::as_text(upstream.received()));
    if (told && interruption_ != Interruption::stopping)
        begin_tunnel(std::move(upstream.socket()), judged_in);
    else
        chronicle_.outcome(interruption_ == Interruption::stopping ? stopped : client_gone);
    co_return false;
}

}  // namespace adit::gateway
