// Holds a tunnel back until its client has shown by its first bytes that it carries what the rule
// pins. Nothing is decrypted, nothing is changed, and every byte that was looked at is still there
// for the relay.
//
// Until then nothing of the client reaches the destination. Of the destination only SSH's lines up
// to its identification reach the client, for there the client may wait for them; all else stays in
// the kernel.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "policy/inner.hpp"
#include "src/gateway/client.hpp"
#include "src/loop/awaitable.hpp"
#include "src/loop/wakeup.hpp"

namespace adit::gateway {

enum class PinEnd : std::uint8_t {
    kept,               // the tunnel carries what it has to
    mismatch,           // it carries something else, or names another server
    malformed,          // it begins like what was pinned, and breaks the rules of that
    interrupted,        // interrupt() was called first
    client_left,        // by FIN or RST
    destination_left,   // said FIN
    destination_reset,  // said RST
};

struct Pinned {
    PinEnd end = PinEnd::interrupted;
    std::string_view why;     // of a mismatch or of what is malformed, in words
    std::string server_name;  // that a TLS client named, if it named one
    std::size_t down = 0;     // bytes that the client has got from the destination
};

class Pin {
public:
    // All are kept alive by the caller, and nobody else uses the sockets until held() is over.
    Pin(asio::io_context& loop, Client& client, Socket& destination, const policy::Inner& inner,
        const protocols::Host& asked);

    // The client has been told that the tunnel stands. What it has said already counts.
    Awaitable<Pinned> held();

    // Ends held() soon.
    void interrupt();

private:
    Awaitable<Pinned> hear_client();
    std::optional<Pinned> look_at(protocols::Bytes first_bytes) const;
    Awaitable<void> mind_destination();
    Awaitable<bool> pass_lines();
    Awaitable<std::size_t> peek_later(std::span<std::uint8_t> into);
    Awaitable<void> wait_for_reset();
    void end(PinEnd why);
    bool done() const { return over_ || ended_; }

    asio::io_context& loop_;
    Client& client_;
    Socket& destination_;
    const policy::Inner& inner_;
    const protocols::Host& asked_;
    Wakeup quiet_;         // nothing minds the destination any more
    bool minded_ = false;  // while something does
    bool over_ = false;    // the client has been heard
    std::optional<PinEnd> ended_;
    std::size_t down_ = 0;
};

}  // namespace adit::gateway
