#include "src/connect/tls.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>

namespace adit::connect {
namespace {

struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* session) const { SSL_free(session); }
};
using Context = std::unique_ptr<SSL_CTX, Free>;
using Session = std::unique_ptr<SSL, Free>;

// The newest words of OpenSSL, and none left behind for the next who asks.
std::string openssl_words()
{
    const auto code = ERR_peek_last_error();
    ERR_clear_error();
    const char* reason = ERR_reason_error_string(code);
    return reason != nullptr ? reason : "TLS failed";
}

class TlsStream : public Stream {
public:
    TlsStream(Descriptor socket, Context context, Session session)
        : socket_{std::move(socket)}, context_{std::move(context)}, session_{std::move(session)}
    {
    }

    Move shake_hands()
    {
        ERR_clear_error();
        const int done = SSL_connect(session_.get());
        return done == 1 ? Move{Moved::some, 0, {}} : outcome_of(done);
    }

    Move read(std::span<char> room) override
    {
        ERR_clear_error();
        std::size_t count = 0;
        const int done = SSL_read_ex(session_.get(), room.data(), room.size(), &count);
        return done == 1 ? Move{Moved::some, count, {}} : outcome_of(done);
    }

    Move write(std::string_view bytes) override
    {
        ERR_clear_error();
        std::size_t count = 0;
        const int done = SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &count);
        return done == 1 ? Move{Moved::some, count, {}} : outcome_of(done);
    }

    // close_notify ends one direction alone (RFC 8446 §6.1). FIN would not be TLS's.
    Move finish() override
    {
        ERR_clear_error();
        const int done = SSL_shutdown(session_.get());
        return done >= 0 ? Move{Moved::some, 0, {}} : outcome_of(done);
    }

    int descriptor() const override { return socket_.get(); }
    SSL* session() const { return session_.get(); }

private:
    Move outcome_of(int done)
    {
        const auto reason = errno;
        switch (SSL_get_error(session_.get(), done)) {
            case SSL_ERROR_WANT_READ:
                return {Moved::must_read, 0, {}};
            case SSL_ERROR_WANT_WRITE:
                return {Moved::must_write, 0, {}};
            case SSL_ERROR_ZERO_RETURN:
                return {Moved::ended, 0, {}};
            case SSL_ERROR_SYSCALL:
                return {Moved::failed, 0,
                        reason != 0 ? std::strerror(reason) : "the connection ended inside of TLS"};
            default:
                return {Moved::failed, 0, openssl_words()};
        }
    }

    Descriptor socket_;
    Context context_;
    Session session_;
};

bool believe(SSL_CTX* context, const Trust& trust)
{
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    if (trust.ca_file.empty())
        return SSL_CTX_set_default_verify_paths(context) == 1;
    return SSL_CTX_load_verify_file(context, trust.ca_file.c_str()) == 1;
}

// OpenSSL would ask at the terminal, which belongs to ssh.
int no_passphrase(char* /*room*/, int /*size*/, int /*writing*/, void* /*context*/)
{
    return -1;
}

// What went wrong, in words; empty when nothing did.
std::string introduce(SSL_CTX* context, const Trust& trust)
{
    if (trust.cert_file.empty())
        return {};
    if (SSL_CTX_use_certificate_chain_file(context, trust.cert_file.c_str()) != 1)
        return fmt::format("read a certificate from {}: {}", trust.cert_file, openssl_words());
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    const auto& key = trust.key_file.empty() ? trust.cert_file : trust.key_file;
    if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1)
        return fmt::format("read the key of {} from {}: {}", trust.cert_file, key, openssl_words());
    return {};
}

// RFC 6066 §3: literal addresses are not permitted as a name; certificates have them elsewhere.
bool expect(SSL* session, const protocols::Host& host)
{
    const auto text = protocols::to_text(host);
    if (std::holds_alternative<protocols::Address>(host))
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), text.c_str()) == 1;
    SSL_set_hostflags(session, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(session, text.c_str()) == 1 &&
           SSL_set_tlsext_host_name(session, text.c_str()) == 1;
}

bool speak_http(SSL* session)
{
    constexpr std::array<unsigned char, 9> http{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    return SSL_set_alpn_protos(session, http.data(), http.size()) == 0;  // 0 is success here
}

std::string why_no_handshake(const TlsStream& stream, const Move& move)
{
    const auto verdict = SSL_get_verify_result(stream.session());
    if (verdict == X509_V_OK)
        return fmt::format("TLS: {}", move.why);
    return fmt::format("its certificate is not trusted: {} (--ca FILE names another authority)",
                       X509_verify_cert_error_string(verdict));
}

}  // namespace

Result<std::unique_ptr<Stream>, std::string> start_tls(Descriptor socket,
                                                       const protocols::Host& host,
                                                       const Trust& trust, Moment until)
{
    const auto fail = [](std::string words) -> Result<std::unique_ptr<Stream>, std::string> {
        return {boost::system::in_place_error, std::move(words)};
    };
    Context context{SSL_CTX_new(TLS_client_method())};
    if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1)
        return fail("TLS: " + openssl_words());
    if (!believe(context.get(), trust))
        return fail(fmt::format("read certificates from {}: {}", trust.ca_file, openssl_words()));
    auto no_introduction = introduce(context.get(), trust);
    if (!no_introduction.empty())
        return fail(std::move(no_introduction));
    SSL_CTX_set_mode(context.get(),
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    Session session{SSL_new(context.get())};
    if (!session || !expect(session.get(), host) || !speak_http(session.get()) ||
        SSL_set_fd(session.get(), socket.get()) != 1)
        return fail("TLS: " + openssl_words());

    auto stream =
        std::make_unique<TlsStream>(std::move(socket), std::move(context), std::move(session));
    for (;;) {
        const auto move = stream->shake_hands();
        if (move.how == Moved::some)
            return {boost::system::in_place_value, std::move(stream)};
        if (move.how == Moved::failed || move.how == Moved::ended)
            return fail(why_no_handshake(*stream, move));
        const short events = move.how == Moved::must_read ? POLLIN : POLLOUT;
        if (!wait_for(stream->descriptor(), events, until))
            return fail("TLS: no handshake in time");
    }
}

}  // namespace adit::connect
