#include "policy/load_inner.hpp"

#include <array>

#include "policy/suggest.hpp"

namespace adit::policy {

namespace {

constexpr std::string_view same_host = "same-host";
constexpr std::array<std::string_view, 3> inner_words{"tls", "ssh", "http"};
constexpr std::array inner_protocols{InnerProtocol::tls, InnerProtocol::ssh, InnerProtocol::http};
constexpr std::array all_protocols{Protocol::connect, Protocol::http, Protocol::socks5,
                                   Protocol::socks4,  Protocol::udp,  Protocol::bind,
                                   Protocol::forward};

void read_sni(const Place& place, const Reader& reader, Sets& sets, Inner& inner)
{
    if (place.value->kind != json::Kind::string) {
        auto hosts = read_hosts(place, reader, &sets);
        if (hosts.set.exact().contains(same_host))
            reader.report().mistake(place,
                                    "\"same-host\" stands alone, not in a list: it is the host "
                                    "asked for");
        inner.server_names = std::move(hosts.set);
        return;
    }
    const auto text = reader.text(place, "\"same-host\" or a list of hosts");
    inner.same_host = text == same_host;
    if (text && !inner.same_host)
        reader.report().mistake(place, quoted(*text) +
                                           " is not \"same-host\"; hosts stand in a list, like [" +
                                           quoted(*text) + "]");
}

// What the rule names and can never match stands there by mistake.
void narrow_protocols(const Place& place, const Reader& reader, InnerProtocol inner, Rule& rule)
{
    ProtocolSet carrying;
    for (const auto protocol : all_protocols) {
        const bool named = !rule.protocols || rule.protocols->contains(protocol);
        if (named && can_carry(protocol, inner))
            carrying.add(protocol);
        else if (named && rule.protocols)
            reader.report().mistake(
                place, "a rule that pins " + quoted(word(inner)) + " never matches " +
                           quoted(protocols::word(protocol)) +
                           "; take that out of \"protocols\", or give it a rule of its own");
    }
    rule.protocols = carrying;
}

}  // namespace

void read_inner(const Fields& fields, const Reader& reader, Sets& sets, Rule& rule)
{
    const auto place = fields.find("inner");
    const auto sni = fields.find("sni");
    const auto chosen = place ? reader.word(*place, inner_words) : std::nullopt;
    if (place && !chosen)
        return;
    Inner inner;
    if (chosen)
        inner.protocol = inner_protocols[*chosen];
    if (sni) {
        const auto before = reader.report().mistakes();
        read_sni(*sni, reader, sets, inner);
        const bool goes_with_it = chosen && inner.protocol == InnerProtocol::tls;
        if (!goes_with_it && reader.report().mistakes() == before)
            reader.report().mistake(*sni,
                                    "\"sni\" is the server that a TLS client names; it goes with "
                                    "\"inner\": \"tls\"");
    }
    if (!chosen)
        return;
    if (rule.action == Action::deny)
        reader.report().mistake(*place,
                                "\"inner\" is a duty of the tunnels that a rule allows, and this "
                                "rule denies; take it out, or pin the rule that allows them");
    narrow_protocols(*place, reader, inner.protocol, rule);
    rule.inner = std::move(inner);
}

}  // namespace adit::policy
