#include "src/tls/stream.hpp"

#include <new>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace adit::tls {
namespace {

// More names than that are nobody's.
constexpr int most_names = 32;

// Bytes from the socket without one of data: a handshake has its certificates, and after it a record
// is at most 16 KiB and a little.
constexpr std::size_t most_of_handshake = std::size_t{256} << 10;
constexpr std::size_t most_without_data = std::size_t{20} << 10;

// What one call takes from the socket.
constexpr std::size_t most_at_once = std::size_t{64} << 10;

void append_name(std::vector<std::string>& names, const ASN1_STRING* text)
{
    unsigned char* utf8 = nullptr;
    const int length = ASN1_STRING_to_UTF8(&utf8, text);
    if (length <= 0)
        return;
    std::string name{reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(length)};
    OPENSSL_free(utf8);
    // "alice\0.example.com" is not alice.
    if (name.find('\0') == std::string::npos)
        names.push_back(std::move(name));
}

// The last one: the most specific, if there are several.
std::vector<std::string> common_name(const X509* certificate)
{
    std::vector<std::string> names;
    const auto* subject = X509_get_subject_name(certificate);
    int last = -1;
    for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;)
        last = at;
    if (last >= 0)
        append_name(names, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, last)));
    return names;
}

std::vector<std::string> alternative_names(const X509* certificate)
{
    std::vector<std::string> names;
    auto* all = static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
    for (int i = 0; i < sk_GENERAL_NAME_num(all) && i < most_names; ++i) {
        const auto* name = sk_GENERAL_NAME_value(all, i);
        if (name->type == GEN_DNS || name->type == GEN_EMAIL)
            append_name(names, name->d.ia5);
    }
    GENERAL_NAMES_free(all);
    return names;
}

}  // namespace

void Stream::Free::operator()(ssl_st* ssl) const
{
    SSL_free(ssl);
}

Stream::Stream(const Context& context, int descriptor, std::string_view early)
    : ssl_{SSL_new(context.native())}, user_from_{context.user_from()}, reads_early_{!early.empty()}
{
    if (!ssl_ || SSL_set_fd(ssl_.get(), descriptor) != 1)
        throw std::bad_alloc{};
    auto* socket = SSL_get_rbio(ssl_.get());
    BIO_set_callback_ex(socket, &Stream::on_socket);
    BIO_set_callback_arg(socket, reinterpret_cast<char*>(this));
    SSL_set_accept_state(ssl_.get());
    if (!reads_early_)
        return;
    auto* memory = BIO_new(BIO_s_mem());
    if (memory == nullptr || BIO_write(memory, early.data(), static_cast<int>(early.size())) < 0)
        throw std::bad_alloc{};
    SSL_set0_rbio(ssl_.get(), memory);
}

// One call of OpenSSL and what it asks for.
template <class Step>
Then Stream::attempt(Step step)
{
    if (broken_)
        return Then::broken;
    for (;;) {
        ERR_clear_error();
        const int result = step();
        if (result > 0)
            return Then::go_on;
        switch (SSL_get_error(ssl_.get(), result)) {
            case SSL_ERROR_WANT_READ:
                if (turn_to_socket())
                    continue;
                return Then::when_readable;
            case SSL_ERROR_WANT_WRITE:
                return Then::when_writable;
            case SSL_ERROR_ZERO_RETURN:
                return Then::ended;
            default:
                broken_ = true;
                return Then::broken;
        }
    }
}

bool Stream::may_read() const
{
    const auto most = SSL_in_init(ssl_.get()) == 1 ? most_of_handshake : most_without_data;
    return read_ - read_at_data_ < most;
}

// OpenSSL goes on by itself from a record without data to the next, for as long as there is one; this
// is asked before each read from the socket, and told what came of it.
long Stream::on_socket(bio_st* socket, int operation, const char*, std::size_t, int, long,
                       int result, std::size_t* processed)
{
    auto& self = *reinterpret_cast<Stream*>(BIO_get_callback_arg(socket));
    if (operation == BIO_CB_READ && !self.may_read()) {
        BIO_clear_retry_flags(socket);  // of a former wait: this one would be in vain
        return -1;
    }
    if (operation == (BIO_CB_READ | BIO_CB_RETURN) && result > 0)
        self.read_ += *processed;
    return result;
}

// The early bytes are used up. False when that was long ago.
bool Stream::turn_to_socket()
{
    if (!reads_early_)
        return false;
    reads_early_ = false;
    auto* socket = SSL_get_wbio(ssl_.get());
    BIO_up_ref(socket);
    SSL_set0_rbio(ssl_.get(), socket);
    return true;
}

Then Stream::accept()
{
    const auto then = attempt([this] { return SSL_do_handshake(ssl_.get()); });
    if (then != Then::broken && then != Then::ended)
        return then;
    const char* reason = ERR_reason_error_string(ERR_peek_error());
    failure_ = reason == nullptr ? "the connection was lost" : reason;
    return Then::broken;
}

Progress Stream::receive(std::span<std::uint8_t> into)
{
    Progress progress;
    const auto before = read_;
    while (progress.bytes < into.size() && progress.then == Then::go_on) {
        const auto room = into.subspan(progress.bytes);
        std::size_t some = 0;
        progress.then =
            attempt([&] { return SSL_read_ex(ssl_.get(), room.data(), room.size(), &some); });
        progress.bytes += some;
        if (some > 0)
            read_at_data_ = read_;
        if (read_ - before >= most_at_once)
            break;
    }
    return progress;
}

Progress Stream::send(std::span<const std::uint8_t> bytes)
{
    Progress progress;
    while (progress.bytes < bytes.size() && progress.then == Then::go_on) {
        const auto rest = bytes.subspan(progress.bytes);
        std::size_t some = 0;
        progress.then =
            attempt([&] { return SSL_write_ex(ssl_.get(), rest.data(), rest.size(), &some); });
        progress.bytes += some;
    }
    // OpenSSL says so of a lost connection whose other half has ended.
    if (progress.then == Then::ended)
        progress.then = Then::broken;
    return progress;
}

Then Stream::peek()
{
    std::uint8_t byte = 0;
    std::size_t some = 0;
    const auto then = attempt([&] { return SSL_peek_ex(ssl_.get(), &byte, 1, &some); });
    if (some > 0)
        read_at_data_ = read_;
    return then;
}

Then Stream::say_end()
{
    // 0 says that ours is sent and the peer's has not come.
    return attempt([this] {
        const int result = SSL_shutdown(ssl_.get());
        return result == 0 ? 1 : result;
    });
}

bool Stream::has_unread() const
{
    return reads_early_ || SSL_has_pending(ssl_.get()) == 1;
}

bool Stream::is_of(const Context& context) const
{
    return SSL_get_SSL_CTX(ssl_.get()) == context.native();
}

std::string_view Stream::version() const
{
    return SSL_version(ssl_.get()) == TLS1_3_VERSION ? "1.3" : "1.2";
}

std::vector<std::string> Stream::client_names() const
{
    const X509* certificate = SSL_get0_peer_certificate(ssl_.get());
    if (certificate == nullptr || SSL_get_verify_result(ssl_.get()) != X509_V_OK)
        return {};
    return user_from_ == policy::Tls::UserFrom::cn ? common_name(certificate)
                                                   : alternative_names(certificate);
}

}  // namespace adit::tls
