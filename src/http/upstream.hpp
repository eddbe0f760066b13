// A connection to a destination that answers HTTP requests, one after the other.
#pragma once

#include <string>
#include <string_view>

#include "protocols/bytes.hpp"
#include "src/dial/dialer.hpp"
#include "src/loop/awaitable.hpp"

namespace adit::http {

class Upstream {
public:
    explicit Upstream(dial::Dialled connection);

    enum class Heard : std::uint8_t { bytes, end, failure };

    // Waits for more bytes. `end` when the destination has said FIN.
    Awaitable<Heard> receive();
    // All of `bytes`, or false.
    Awaitable<bool> send(std::string_view bytes);

    protocols::Bytes received() const { return protocols::as_bytes(received_).subspan(used_); }
    void consume(std::size_t count) { used_ += count; }

    // Whether it is quiet and open. One that is not cannot serve another request: what has come
    // unasked must not be taken for an answer.
    bool is_fresh();

    void close();

    Socket& socket() { return socket_; }
    const protocols::Endpoint& address() const { return address_; }
    const protocols::Endpoint& local() const { return local_; }

    // The destination takes the connection for somebody who has logged in on it; nobody else may
    // use it.
    bool is_personal = false;
    // More than a request's head went this way. A destination that does not read a body as one may
    // take it for a request, and its late answer for the answer to another's.
    bool is_tainted = false;

private:
    Socket socket_;
    protocols::Endpoint address_;
    protocols::Endpoint local_;
    std::string received_;
    std::size_t used_ = 0;
};

}  // namespace adit::http
