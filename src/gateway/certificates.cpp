#include "src/gateway/certificates.hpp"

#include <fmt/format.h>

namespace adit::gateway {

Result<Certificates, std::string> open_certificates(const policy::Configuration& configuration)
{
    Certificates certificates;
    for (const auto& listener : configuration.listeners) {
        if (!listener.tls)
            continue;
        auto context = tls::Context::open(*listener.tls);
        if (!context) {
            const auto& first = context.error().front();
            return fmt::format("TLS of {}: {}: {}", listener.name, first.key, first.message);
        }
        certificates.emplace(listener.name, std::move(*context));
    }
    return certificates;
}

}  // namespace adit::gateway
