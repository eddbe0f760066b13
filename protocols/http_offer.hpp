// What a listener offers to a client that speaks HTTP.
#pragma once

#include <string>

namespace adit::protocols {

struct HttpOffer {
    bool connect = true;
    bool forward = false;  // plain HTTP
    bool help = false;     // pages of the gateway's own
};

// The methods that such a listener serves, as the value of Allow (RFC 9110 §10.2.1). Others are
// forwarded, too; TRACE is, but never answered here.
std::string allowed_methods(const HttpOffer& offer);

}  // namespace adit::protocols
