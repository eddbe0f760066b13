#include "protocols/http_offer.hpp"

namespace adit::protocols {

std::string allowed_methods(const HttpOffer& offer)
{
    std::string methods;
    if (offer.connect)
        methods = "CONNECT";
    if (offer.forward) {
        methods += methods.empty() ? "" : ", ";
        methods += "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
    }
    return methods;
}

}  // namespace adit::protocols
