// TLS on a connected socket, as steps that never block. OpenSSL reads and writes the descriptor
// itself; who uses a stream waits for what a step asks for and then takes the same step again.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/loop/progress.hpp"
#include "src/tls/context.hpp"

struct bio_st;
struct ssl_st;

namespace adit::tls {

class Stream {
public:
    // The server's side. `descriptor` is connected and non-blocking, stays its owner's and outlives
    // the stream. `early`: what was read from it already.
    Stream(const Context& context, int descriptor, std::string_view early);
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    // The handshake. go_on: it is done; broken: it failed, failure() says why, and so was the peer
    // told, as far as it listens.
    Then accept();

    // Fills `into` as far as there is something, though others have their turn after some records. A
    // peer that sends record after record without a byte of data (a flood of KeyUpdates, RFC 8446
    // §4.6.3) is `broken`. `ended` is a close_notify; an end of the
    // connection without one is `broken`, for it may have been cut off by anybody.
    Progress receive(std::span<std::uint8_t> into);

    // When not all was sent, the next call begins with the same bytes and has at least as many.
    Progress send(std::span<const std::uint8_t> bytes);

    // Like receive() of one byte, which stays: go_on says that it is there.
    Then peek();

    // Says close_notify: nothing more will be sent. The peer may still send (RFC 8446 §6.1).
    // go_on: it is said.
    Then say_end();

    // Bytes have been read from the socket and not yet been received; the socket does not tell.
    bool has_unread() const;

    // Whether it is a connection of this context, or of one that a reload has replaced.
    bool is_of(const Context& context) const;

    // After the handshake.
    std::string_view version() const;  // "1.2", "1.3"
    // The names in the client's certificate of the kind that the context wants, those with which a
    // user can be called so; none when it showed no certificate.
    std::vector<std::string> client_names() const;

    // Why accept() failed, in OpenSSL's words. Lives for ever.
    std::string_view failure() const { return failure_; }

private:
    struct Free {
        void operator()(ssl_st* ssl) const;
    };

    template <class Step>
    Then attempt(Step step);
    bool turn_to_socket();
    bool may_read() const;
    static long on_socket(bio_st* socket, int operation, const char*, std::size_t, int, long,
                          int result, std::size_t* processed);

    std::unique_ptr<ssl_st, Free> ssl_;
    policy::Tls::UserFrom user_from_;
    bool reads_early_ = false;  // OpenSSL has not come to the socket yet
    bool broken_ = false;
    std::size_t read_ = 0;          // from the socket, in all
    std::size_t read_at_data_ = 0;  // by the time of the last byte of data
    std::string_view failure_;
};

}  // namespace adit::tls
