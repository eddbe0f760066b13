// Bodies of HTTP/1 messages as they stream by: read by their framing, and written anew by the
// framing of the other side. Neither holds any of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocols/bytes.hpp"
#include "protocols/http_framing.hpp"
#include "protocols/http_head.hpp"
#include "protocols/result.hpp"

namespace adit::protocols {

// A chunk's size and its extensions, one line; a trailer section.
inline constexpr std::size_t max_chunk_line = 512;
inline constexpr std::size_t max_trailers = 8 * 1024;

class BodyReader {
public:
    // `hop`: what the message's Connection names, in lower case. Trailers of these names end here.
    explicit BodyReader(const Framing& framing, std::vector<std::string> hop = {});

    struct Piece {
        std::size_t consumed = 0;  // of the input; the rest is to be given again, with more behind
        Bytes data;                // the body's own bytes, a part of what was consumed
    };

    // The next piece of what has arrived. Nothing consumed and not done: more bytes are needed.
    // Chunk sizes are one to fifteen hexadecimal digits without sign, blank or prefix, lines end in
    // CRLF, and extensions are dropped (RFC 9112 §7.1); all else is Fault::bad_chunk. What is behind
    // the body is never looked at.
    Result<Piece, Fault> read(Bytes input);

    // The body is complete. One that lasts until the connection closes never is by itself.
    bool done() const { return state_ == State::done; }

    // Those of a chunked body that may be passed on (RFC 9110 §6.5.1): nothing that frames, routes,
    // authenticates, or changes how the body is read, and nothing of the hop.
    const HttpFields& trailers() const { return trailers_; }

private:
    enum class State : std::uint8_t { bytes, until_close, size, data_end, trailer, done };

    Result<Piece, Fault> read_size(std::string_view text);
    Result<Piece, Fault> read_data_end(std::string_view text);
    Result<Piece, Fault> read_trailer(std::string_view text);
    bool may_trail(std::string_view name) const;

    std::vector<std::string> hop_;
    State state_ = State::done;
    bool chunked_ = false;
    std::uint64_t left_ = 0;  // of the body, or of the chunk
    std::size_t trailer_bytes_ = 0;
    std::size_t trailer_fields_ = 0;
    HttpFields trailers_;
};

class BodyWriter {
public:
    explicit BodyWriter(Framing::Kind kind) : kind_{kind} {}

    // Appends one piece; an empty one is nothing.
    void write(std::string& out, Bytes data) const;
    // Appends what ends the body.
    void finish(std::string& out, const HttpFields& trailers) const;

private:
    Framing::Kind kind_;
};

}  // namespace adit::protocols
