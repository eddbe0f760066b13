// All of OpenSSL's terms are set here and nowhere else.
#include "src/tls/context.hpp"

#include <array>
#include <ctime>
#include <string_view>
#include <system_error>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <fmt/format.h>

#include "src/platform/system.hpp"

namespace adit::tls {
namespace {

using policy::Tls;
using policy::TlsFinding;
using Findings = std::vector<TlsFinding>;

// For TLS 1.2; the ciphers of 1.3 are all good.
constexpr const char* ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

// Several records are read with one system call. Held only while there is something in it.
constexpr std::size_t read_buffer = std::size_t{64} << 10;

constexpr int soon_days = 14;

// Why the last call of OpenSSL failed. The first error in its queue is the cause of the others.
std::string why()
{
    const auto code = ERR_peek_error();
    if (ERR_SYSTEM_ERROR(code))
        return std::generic_category().message(static_cast<int>(ERR_GET_REASON(code)));
    const char* reason = ERR_reason_error_string(code);
    return reason == nullptr ? "OpenSSL does not say why" : reason;
}

bool no_such_block()
{
    const auto code = ERR_peek_error();
    return ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
}

bool is_unreadable()
{
    return ERR_SYSTEM_ERROR(ERR_peek_error());
}

std::string unreadable(const std::string& path)
{
    return fmt::format("cannot read \"{}\": {}", path, why());
}

// OpenSSL would ask the terminal.
int no_passphrase(char*, int, int, void* asked)
{
    *static_cast<bool*>(asked) = true;
    return -1;
}

// RFC 7301: this server speaks HTTP/1.1, or whatever has no name there (SOCKS). Who can only do
// HTTP/2 is told so instead of being misunderstood.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* length,
                    const unsigned char* offered, unsigned offered_length, void*)
{
    constexpr std::string_view http = "http/1.1";
    for (unsigned at = 0; at < offered_length; at += 1U + offered[at]) {
        const std::string_view name{reinterpret_cast<const char*>(offered + at + 1), offered[at]};
        if (name == http) {
            *chosen = offered + at + 1;
            *length = offered[at];
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

void set_terms(SSL_CTX* context)
{
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_cipher_list(context, ciphers);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
    // What one call would not take may lie elsewhere in memory at the next; an idle connection
    // holds no buffers; the chain that is sent is the one in the file, not what the clients' CA
    // could add.
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_default_read_buffer_len(context, read_buffer);
}

void use_certificate(SSL_CTX* context, const Tls& settings, Findings& findings)
{
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(context, settings.certificate.c_str()) == 1)
        return;
    if (is_unreadable())
        findings.push_back({"certificate", unreadable(settings.certificate)});
    else if (no_such_block())
        findings.push_back(
            {"certificate", fmt::format("\"{}\" holds no certificate; the server's certificate "
                                        "stands there in PEM, first, and behind it its chain",
                                        settings.certificate)});
    else
        findings.push_back(
            {"certificate", fmt::format("\"{}\" cannot be used: {}", settings.certificate, why())});
}

void use_key(SSL_CTX* context, const Tls& settings, Findings& findings)
{
    bool passphrase_asked = false;
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    SSL_CTX_set_default_passwd_cb_userdata(context, &passphrase_asked);
    ERR_clear_error();
    const bool used =
        SSL_CTX_use_PrivateKey_file(context, settings.key.c_str(), SSL_FILETYPE_PEM) == 1;
    SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
    if (used)
        return;
    if (passphrase_asked)
        findings.push_back({"key", fmt::format("\"{}\" asks for a passphrase, and nobody is there "
                                               "to type it; store it without: openssl pkey -in {} "
                                               "-out NEW",
                                               settings.key, settings.key)});
    else if (is_unreadable())
        findings.push_back({"key", unreadable(settings.key)});
    else if (ERR_GET_LIB(ERR_peek_error()) == ERR_LIB_X509)
        findings.push_back({"key", fmt::format("\"{}\" is not the key of the certificate \"{}\"",
                                               settings.key, settings.certificate)});
    else
        findings.push_back(
            {"key", fmt::format("\"{}\" holds no private key in PEM that can be used: {}",
                                settings.key, why())});
}

void use_client_ca(SSL_CTX* context, const Tls& settings, Findings& findings)
{
    if (settings.client_ca.empty())
        return;
    ERR_clear_error();
    auto* names = SSL_load_client_CA_file(settings.client_ca.c_str());
    if (names == nullptr || SSL_CTX_load_verify_file(context, settings.client_ca.c_str()) != 1) {
        findings.push_back(
            {"client_ca", is_unreadable()
                              ? unreadable(settings.client_ca)
                              : fmt::format("\"{}\" holds no certificates in PEM that can be used: "
                                            "{}",
                                            settings.client_ca, why())});
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return;
    }
    SSL_CTX_set_client_CA_list(context, names);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);  // who shows none is not yet logged in
}

// The certificate that is in use, seen with today's eyes.
void look_at_dates(SSL_CTX* context, const Tls& settings, Findings& findings)
{
    const X509* certificate = SSL_CTX_get0_certificate(context);
    if (certificate == nullptr)
        return;
    const auto warn = [&](std::string_view what) {
        findings.push_back({"certificate",
                            fmt::format("the certificate \"{}\" {}", settings.certificate, what),
                            false});
    };
    auto soon = std::time(nullptr) + std::time_t{soon_days} * 24 * 60 * 60;
    if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0)
        warn("is not valid yet");
    else if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0)
        warn("has expired; clients refuse it");
    else if (X509_cmp_time(X509_get0_notAfter(certificate), &soon) < 0)
        warn(fmt::format("expires within {} days", soon_days));
}

// Builds as much of it as can be, and says what could not.
SSL_CTX* build(const Tls& settings, Findings& findings)
{
    SSL_CTX* context = SSL_CTX_new(TLS_server_method());
    if (context == nullptr) {
        findings.push_back({"certificate", fmt::format("OpenSSL gives no context: {}", why())});
        return nullptr;
    }
    set_terms(context);
    use_certificate(context, settings, findings);
    use_key(context, settings, findings);
    use_client_ca(context, settings, findings);
    return context;
}

}  // namespace

void Context::Free::operator()(ssl_ctx_st* context) const
{
    SSL_CTX_free(context);
}

Context::Context(Owned context, Tls::UserFrom user_from)
    : context_{std::move(context)}, user_from_{user_from}
{
}

Result<ContextPtr, Findings> Context::open(const Tls& settings)
{
    Findings findings;
    Owned context{build(settings, findings)};
    if (!findings.empty())
        return findings;
    return ContextPtr{new Context{std::move(context), settings.user_from}};
}

Findings inspect(const Tls& settings)
{
    Findings findings;
    SSL_CTX* context = build(settings, findings);
    if (context == nullptr)
        return findings;
    look_at_dates(context, settings, findings);
    SSL_CTX_free(context);
    if (platform::others_can_read(settings.key))
        findings.push_back({"key",
                            fmt::format("everyone on this machine can read the key \"{}\"; run: "
                                        "chmod o-r {}",
                                        settings.key, settings.key),
                            false});
    return findings;
}

}  // namespace adit::tls
