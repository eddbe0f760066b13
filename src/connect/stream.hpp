// A connection to a proxy that never blocks: a plain socket, or TLS over one (tls.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "src/connect/waiting.hpp"

namespace adit::connect {

// What came of an attempt.
enum class Moved : std::uint8_t {
    some,        // `count` bytes
    ended,       // the other side has said its end (reading only)
    must_read,   // nothing now; again when the socket can be read
    must_write,  // nothing now; again when it can be written
    failed,      // for good; `why` says it in words
};

struct Move {
    Moved how = Moved::failed;
    std::size_t count = 0;
    std::string why;
};

class Stream {
public:
    virtual ~Stream() = default;

    virtual Move read(std::span<char> room) = 0;
    virtual Move write(std::string_view bytes) = 0;
    // Says that nothing more will be written; reading goes on. `some` when it is said.
    virtual Move finish() = 0;
    // To wait for. It may stay silent while read() still has something: read first, then wait.
    virtual int descriptor() const = 0;
};

// The words for errno.
Move failure();

class PlainStream : public Stream {
public:
    // `socket` is connected and non-blocking.
    explicit PlainStream(Descriptor socket) : socket_{std::move(socket)} {}

    Move read(std::span<char> room) override;
    Move write(std::string_view bytes) override;
    Move finish() override;
    int descriptor() const override { return socket_.get(); }

private:
    Descriptor socket_;
};

}  // namespace adit::connect
