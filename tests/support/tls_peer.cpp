#include "tests/support/tls_peer.hpp"

#include <openssl/err.h>

namespace adit::tests {

TlsPeer::TlsPeer(FarEnd& end, const std::function<void(SSL*)>& prepare)
    : context_{SSL_CTX_new(TLS_client_method())}, ssl_{SSL_new(context_)}
{
    SSL_set_fd(ssl_, end.descriptor());
    if (prepare)
        prepare(ssl_);
}

TlsPeer::~TlsPeer()
{
    SSL_free(ssl_);
    SSL_CTX_free(context_);
}

bool TlsPeer::connect()
{
    ERR_clear_error();
    return SSL_connect(ssl_) == 1;
}

bool TlsPeer::send(std::string_view bytes)
{
    std::size_t sent = 0;
    ERR_clear_error();
    return SSL_write_ex(ssl_, bytes.data(), bytes.size(), &sent) == 1 && sent == bytes.size();
}

std::string TlsPeer::receive(std::size_t size)
{
    std::string bytes(size, '\0');
    std::size_t got = 0;
    std::size_t some = 0;
    ERR_clear_error();
    while (got < size && SSL_read_ex(ssl_, bytes.data() + got, size - got, &some) == 1)
        got += some;
    bytes.resize(got);
    return bytes;
}

bool TlsPeer::receives_end()
{
    char byte = 0;
    ERR_clear_error();
    const int got = SSL_read(ssl_, &byte, 1);
    return got <= 0 && SSL_get_error(ssl_, got) == SSL_ERROR_ZERO_RETURN;
}

void TlsPeer::say_end()
{
    ERR_clear_error();
    SSL_shutdown(ssl_);
}

}  // namespace adit::tests
