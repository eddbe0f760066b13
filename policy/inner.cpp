#include "policy/inner.hpp"

#include <array>

namespace adit::policy {

using protocols::Protocol;

std::string_view word(InnerProtocol protocol)
{
    constexpr std::array<std::string_view, 3> words{"tls", "ssh", "http"};
    return words[static_cast<std::size_t>(protocol)];
}

bool Inner::allows(const std::optional<protocols::Domain>& server_name,
                   const protocols::Host& asked) const
{
    if (same_host) {
        const auto* name = std::get_if<protocols::Domain>(&asked);
        return name == nullptr ? !server_name : server_name == *name;
    }
    return !server_names || (server_name && server_names->contains(*server_name));
}

std::string in_words(const Inner& inner)
{
    switch (inner.protocol) {
        case InnerProtocol::ssh:
            return "SSH";
        case InnerProtocol::http:
            return "plain HTTP";
        case InnerProtocol::tls:
            break;
    }
    if (inner.same_host)
        return "TLS with the requested host as its server name, and with none for an address";
    return inner.server_names ? "TLS with a server name that is in the rule's \"sni\"" : "TLS";
}

bool can_carry(Protocol protocol, InnerProtocol inner)
{
    switch (protocol) {
        case Protocol::udp:
        case Protocol::bind:
            return false;
        case Protocol::http:
            return inner == InnerProtocol::http;
        case Protocol::connect:
        case Protocol::socks5:
        case Protocol::socks4:
        case Protocol::forward:
            return true;
    }
    return false;
}

}  // namespace adit::policy
