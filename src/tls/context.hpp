// A listener's certificate and key with the terms of its TLS, ready for handshakes. It never
// changes: a reload opens a new one, and connections keep the one they began with.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "policy/configuration.hpp"
#include "policy/load.hpp"
#include "protocols/result.hpp"

struct ssl_ctx_st;

namespace adit::tls {

class Context;
using ContextPtr = std::shared_ptr<const Context>;

// TLS 1.2 and 1.3 with forward secrecy and authenticated ciphers alone; no renegotiation, no
// compression, no resumption: with TLS 1.3 a whole handshake takes no more round trips, no ticket
// key has to be kept secret, and each connection proves its client certificate anew.
class Context {
public:
    // Opens the files. The failure says what is wrong with which of them.
    static Result<ContextPtr, std::vector<policy::TlsFinding>> open(const policy::Tls& settings);

    // Any thread may make connections of it.
    ssl_ctx_st* native() const { return context_.get(); }
    policy::Tls::UserFrom user_from() const { return user_from_; }

private:
    struct Free {
        void operator()(ssl_ctx_st* context) const;
    };
    using Owned = std::unique_ptr<ssl_ctx_st, Free>;
    Context(Owned context, policy::Tls::UserFrom user_from);

    Owned context_;
    policy::Tls::UserFrom user_from_;
};

// For the loader: everything that is wrong or doubtful with the files, each opened and put down
// again.
std::vector<policy::TlsFinding> inspect(const policy::Tls& settings);

}  // namespace adit::tls
