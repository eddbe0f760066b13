// One plain HTTP request and its answer: both are read by their framing and written anew, both
// bodies stream at the same time, and neither side is read faster than the other one takes.
#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/http_body.hpp"
#include "protocols/http_forward.hpp"
#include "src/gateway/client.hpp"
#include "src/http/upstream.hpp"
#include "src/loop/wakeup.hpp"

namespace adit::http {

enum class End : std::uint8_t {
    finished,     // the answer is complete and delivered
    upgraded,     // 101 was delivered: from here on it is a tunnel
    bad_request,  // the request's body is not well-formed; nothing of an answer was delivered
    bad_answer,   // the destination's answer is not; nothing of it was delivered
    no_answer,    // the destination closed the connection, and said nothing at all
    broken,       // an answer ended in its midst; the client has a part of it
    client_left,
    stopped,
};

struct Result {
    End end = End::stopped;
    protocols::Fault fault = protocols::Fault::none;  // bad_request, bad_answer
    bool answer_begun = false;                        // the client has a final answer's head
    bool client_stays = false;    // finished: another request may follow on its connection
    bool upstream_stays = false;  // finished: and another on the destination's
    std::uint64_t up = 0;         // bytes delivered to the destination
    std::uint64_t down = 0;       // bytes delivered to the client
    std::optional<std::chrono::milliseconds> first_byte;  // to the first byte of the answer
};

class Exchange {
public:
    // All of them outlive it. `progress` is called whenever a byte has moved.
    Exchange(asio::io_context& loop, gateway::Client& client, Upstream& upstream,
             const protocols::ForwardRequest& request, std::string_view pseudonym,
             std::function<void()> progress);
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    // Once. `may_stay` is asked late: whether the client's connection may serve on, as far as the
    // gateway is concerned.
    Awaitable<Result> run(const std::function<bool()>& may_stay);

    // run() returns soon.
    void stop();

    // The client has said FIN: it has left, or it only ended its own half.
    bool client_said_fin() const { return client_said_fin_; }

private:
    Awaitable<void> upload();
    Awaitable<void> watch_client();
    Awaitable<void> download(const std::function<bool()>& may_stay);
    Awaitable<std::optional<protocols::HttpResponseHead>> read_head();
    Awaitable<void> deliver(const protocols::HttpResponseHead& head,
                            const protocols::Framing& framing, protocols::Framing::Kind delivery);
    Awaitable<bool> to_client(std::string_view bytes);
    Awaitable<bool> to_upstream(std::string_view bytes);
    void end(End end, protocols::Fault fault = protocols::Fault::none);
    void give_up(End end, protocols::Fault fault = protocols::Fault::none);

    asio::io_context& loop_;
    gateway::Client& client_;
    Upstream& upstream_;
    const protocols::ForwardRequest& request_;
    std::string_view pseudonym_;
    std::function<void()> progress_;
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();

    Result result_;
    bool ended_ = false;        // result_.end counts
    bool uploaded_ = false;     // the request is complete
    bool answered_ = false;     // the answer is: nothing more is read from the client
    bool upload_over_ = false;  // its coroutine has ended
    bool client_said_fin_ = false;
    std::exception_ptr surprise_;  // of the upload
    Wakeup joined_;
};

}  // namespace adit::http
