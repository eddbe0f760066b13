// Two coroutines: run() reads the answer, upload() the request's body, and then watches for a client
// that leaves.
#include "src/http/exchange.hpp"

#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include "protocols/http_fields.hpp"
#include "src/platform/clocks.hpp"

namespace adit::http {

using protocols::BodyReader;
using protocols::BodyWriter;
using protocols::Fault;
using protocols::Framing;
using protocols::HttpResponseHead;
using protocols::list_of;

namespace {

constexpr int most_interim_answers = 100;
// What is read of a body before it is passed on.
constexpr std::size_t body_piece = std::size_t{16} << 10;
// After so many of them others have their turn, however fast both ends are.
constexpr int pieces_in_a_row = 16;
// What is read of the requests behind this one.
constexpr std::size_t most_early = std::size_t{16} << 10;

}  // namespace

Exchange::Exchange(asio::io_context& loop, gateway::Client& client, Upstream& upstream,
                   const protocols::ForwardRequest& request, std::string_view pseudonym,
                   std::function<void()> progress)
    : loop_{loop},
      client_{client},
      upstream_{upstream},
      request_{request},
      pseudonym_{pseudonym},
      progress_{std::move(progress)},
      joined_{loop}
{
}

Awaitable<Result> Exchange::run(const std::function<bool()>& may_stay)
{
    asio::co_spawn(loop_, upload(), [this](const std::exception_ptr& thrown) {
        surprise_ = thrown;
        upload_over_ = true;
        joined_.wake();
    });
    std::exception_ptr surprise;
    try {
        co_await download(may_stay);
    } catch (...) {
        surprise = std::current_exception();
        give_up(End::stopped);
    }

    // The upload still refers to this object, so it is called off and waited for.
    answered_ = true;
    boost::system::error_code nothing_to_cancel;
    if (!uploaded_)
        upstream_.close();  // it waits for the rest of a body that nobody will send
    while (!upload_over_) {
        client_.socket().cancel(nothing_to_cancel);
        co_await joined_.wait();
    }
    if (surprise || surprise_)
        std::rethrow_exception(surprise ? surprise : surprise_);
    result_.client_stays = result_.client_stays && uploaded_ && !client_said_fin_;
    result_.upstream_stays = result_.upstream_stays && uploaded_;
    co_return result_;
}

void Exchange::stop()
{
    give_up(End::stopped);
    boost::system::error_code nothing_to_cancel;
    client_.socket().cancel(nothing_to_cancel);
}

// The first reason counts.
void Exchange::end(End end, Fault fault)
{
    if (std::exchange(ended_, true))
        return;
    result_.end = end;
    result_.fault = fault;
}

// Without the destination both coroutines come to their end.
void Exchange::give_up(End why, Fault fault)
{
    end(why, fault);
    upstream_.close();
}

Awaitable<bool> Exchange::to_client(std::string_view bytes)
{
    const auto sent = co_await client_.send(bytes);
    if (sent) {
        result_.down += bytes.size();
        progress_();
    }
    co_return sent;
}

Awaitable<bool> Exchange::to_upstream(std::string_view bytes)
{
    const auto sent = co_await upstream_.send(bytes);
    if (sent) {
        result_.up += bytes.size();
        progress_();
    }
    co_return sent;
}

// A destination that takes no more may still have said why, so a failure to send ends nothing here.
Awaitable<void> Exchange::upload()
{
    const auto& client = client_.peer().endpoint;
    auto out = write_request_head(request_, pseudonym_,
                                  client ? client->address.to_string() : std::string{});
    BodyReader reader{request_.framing, list_of(request_.head.fields, "Connection")};
    const BodyWriter writer{request_.framing.kind};
    for (int pieces = 1;; ++pieces) {
        if (pieces % pieces_in_a_row == 0) {
            co_await asio::post(loop_, asio::use_awaitable_t<Executor>{});
            if (answered_ || ended_)
                co_return;
        }
        while (!reader.done()) {
            const auto piece = reader.read(client_.received());
            if (!piece) {
                give_up(End::bad_request, piece.error());
                co_return;
            }
            writer.write(out, piece->data);
            client_.consume(piece->consumed);
            if (piece->consumed == 0)
                break;
        }
        if (reader.done())
            writer.finish(out, reader.trailers());
        const auto sent = co_await to_upstream(out);
        if (!sent || answered_ || ended_)
            co_return;
        if (reader.done())
            break;
        out.clear();
        const auto heard = co_await client_.receive(body_piece);
        if (answered_ || ended_)
            co_return;
        if (!heard) {
            give_up(End::client_left);
            co_return;
        }
    }
    uploaded_ = true;
    co_await watch_client();
}

// Nobody reads the client while it waits for its answer, so its FIN or RST would go unseen. Requests
// that it sends ahead are taken in, for an end may stand behind them; from too many on, only RST is
// seen.
Awaitable<void> Exchange::watch_client()
{
    while (client_.received().size() < most_early) {
        const auto came = co_await client_.stirs();
        if (!came || answered_)
            co_return;
        const auto stirred = client_.peek();
        if (stirred == Then::ended) {
            client_said_fin_ = true;
            progress_();
            co_return;
        }
        if (stirred == Then::broken)
            co_return give_up(End::client_left);
        if (stirred != Then::go_on)
            continue;  // a record of TLS without data
        const auto heard = co_await client_.receive();
        if (answered_)
            co_return;
        if (!heard)
            co_return give_up(End::client_left);
    }
    const auto [cancelled] = co_await client_.socket().async_wait(Socket::wait_error, as_values);
    if (!cancelled && !answered_)
        give_up(End::client_left);
}

Awaitable<void> Exchange::download(const std::function<bool()>& may_stay)
{
    auto head = co_await read_head();
    if (!head)
        co_return;
    if (head->status == 101) {
        const auto upgraded = co_await to_client(write_upgrade_head(*head, pseudonym_));
        end(upgraded ? End::upgraded : End::client_left);
        co_return;
    }
    const auto framing = framing_of(*head, request_.head.method);
    if (!framing) {
        give_up(End::bad_answer, Fault::bad_answer);
        co_return;
    }
    if (protocols::logs_in_connection(head->fields, "WWW-Authenticate") ||
        protocols::logs_in_connection(request_.head.fields, "Authorization"))
        upstream_.is_personal = true;
    if (request_.framing.has_body() || request_.upgrades)
        upstream_.is_tainted = true;

    const auto delivery = delivery_of(*framing, request_);
    result_.client_stays = request_.keeps_connection && uploaded_ && !client_said_fin_ &&
                           delivery != Framing::Kind::until_close && may_stay();
    result_.upstream_stays = keeps_connection(*head, *framing);
    co_await deliver(*head, *framing, delivery);
}

// The final answer's head, after any interim ones; or none, and the exchange is over.
Awaitable<std::optional<HttpResponseHead>> Exchange::read_head()
{
    for (int interim = 0; interim < most_interim_answers;) {
        protocols::HttpResponseReader reader;
        auto step = reader.read(upstream_.received());
        while (step.index() == 0) {
            const auto heard = co_await upstream_.receive();
            if (ended_)
                co_return std::nullopt;
            if (heard != Upstream::Heard::bytes) {
                const bool silent = interim == 0 && upstream_.received().empty();
                give_up(silent ? End::no_answer : End::bad_answer,
                        silent ? Fault::no_answer : Fault::answer_incomplete);
                co_return std::nullopt;
            }
            if (!result_.first_byte)
                result_.first_byte = platform::since(began_);
            progress_();
            step = reader.read(upstream_.received());
        }
        if (const auto* malformed = std::get_if<protocols::Malformed>(&step)) {
            const bool no_http = malformed->fault == Fault::bad_status_line;
            give_up(End::bad_answer, no_http ? Fault::bad_status_line : Fault::bad_answer);
            co_return std::nullopt;
        }
        auto& done = std::get<protocols::Done<HttpResponseHead>>(step);
        upstream_.consume(done.consumed);
        auto& head = done.value;
        // A 407 is the gateway's word alone: nobody else may ask for its clients' passwords.
        if ((head.status == 101 && !accepts_upgrade(head, request_)) || head.status == 407) {
            give_up(End::bad_answer, Fault::unasked_answer);
            co_return std::nullopt;
        }
        if (head.status < 200 && !framing_of(head, request_.head.method)) {
            give_up(End::bad_answer, Fault::bad_answer);
            co_return std::nullopt;
        }
        if (head.status >= 200 || head.status == 101)
            co_return std::move(head);
        ++interim;
        if (request_.head.version != 11)
            continue;  // RFC 9110 §15.2: a client of HTTP/1.0 knows none
        const auto told = co_await to_client(write_interim_head(head, pseudonym_));
        if (!told) {
            give_up(End::client_left);
            co_return std::nullopt;
        }
        if (ended_)
            co_return std::nullopt;
    }
    give_up(End::bad_answer, Fault::bad_answer);
    co_return std::nullopt;
}

// Every piece goes on as it comes: an event stream's client gets each event at once.
Awaitable<void> Exchange::deliver(const HttpResponseHead& head, const Framing& framing,
                                  Framing::Kind delivery)
{
    BodyReader reader{framing, list_of(head.fields, "Connection")};
    const BodyWriter writer{delivery};
    auto out = write_answer_head(head, framing, delivery, result_.client_stays, pseudonym_);
    bool complete = reader.done();
    for (;;) {
        while (!reader.done()) {
            const auto piece = reader.read(upstream_.received());
            if (!piece) {
                give_up(result_.answer_begun ? End::broken : End::bad_answer, Fault::bad_answer);
                co_return;
            }
            writer.write(out, piece->data);
            upstream_.consume(piece->consumed);
            if (piece->consumed == 0)
                break;
        }
        complete = complete || reader.done();
        if (complete)
            writer.finish(out, reader.trailers());
        const auto sent = co_await to_client(out);
        result_.answer_begun = true;
        if (!sent) {
            give_up(End::client_left);
            co_return;
        }
        if (complete || ended_)
            break;
        out.clear();
        const auto heard = co_await upstream_.receive();
        if (ended_)
            co_return;
        progress_();
        if (heard == Upstream::Heard::end && framing.kind == Framing::Kind::until_close) {
            complete = true;
        } else if (heard != Upstream::Heard::bytes) {
            give_up(End::broken);
            co_return;
        }
    }
    end(End::finished);
}

}  // namespace adit::http
