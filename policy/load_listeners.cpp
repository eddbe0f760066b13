#include "policy/load_listeners.hpp"

#include <algorithm>
#include <array>

#include "policy/load_doors.hpp"
#include "policy/load_tls.hpp"
#include "policy/load_udp.hpp"
#include "policy/suggest.hpp"

namespace adit::policy {

namespace {

using protocols::Login;

constexpr std::array<Key, 12> listener_keys{{
    {"name"},
    {"address"},
    {"protocols"},
    {"login"},
    {"open"},
    {"help"},
    {"forwarded_for"},
    {"tls"},
    proxy_protocol_key,
    forward_key,
    unix_key,
    {"udp"},
}};

constexpr std::array<std::string_view, 3> logins{"required", "optional", "none"};
constexpr std::array login_values{Login::required, Login::optional, Login::none};

// SOCKS4 has no password, so it is left out where a login is required.
ProtocolSet default_protocols(Login login)
{
    ProtocolSet protocols;
    protocols.add(Protocol::connect);
    protocols.add(Protocol::http);
    protocols.add(Protocol::socks5);
    if (login != Login::required)
        protocols.add(Protocol::socks4);
    return protocols;
}

Login default_login(const Vocabulary& names)
{
    return names.users ? Login::required : Login::none;
}

Login read_login(const Place& place, const Reader& reader, const Vocabulary& names)
{
    const auto chosen = reader.word(place, logins);
    if (!chosen)
        return default_login(names);
    if (login_values[*chosen] != Login::none && !names.users)
        reader.report().mistake(place,
                                "nobody can log in, for the file has no \"users\"; add them, "
                                "or take \"login\" out");
    return login_values[*chosen];
}

ProtocolSet read_protocols(const Place& place, const Reader& reader, Login login)
{
    ProtocolSet protocols;
    reader.list(place, "protocols", [&](const Place& item) {
        const auto protocol = read_protocol(item, reader);
        if (!protocol)
            return;
        if (*protocol == Protocol::forward)
            reader.report().mistake(item,
                                    "a fixed forward is a listener of its own; write "
                                    "\"forward\": \"db.internal:5432\" on one, and no "
                                    "\"protocols\"");
        else if (*protocol == Protocol::socks4 && login == Login::required)
            reader.report().mistake(item,
                                    "SOCKS4 knows no password, and this listener requires a "
                                    "login; take \"socks4\" out, or set \"login\" to "
                                    "\"optional\" or \"none\"");
        protocols.add(*protocol);
    });
    check_socks5_commands(place, reader, protocols);
    return protocols;
}

bool read_forwarded_for(const Place& place, const Reader& reader, const ProtocolSet& protocols)
{
    const bool told = reader.boolean(place).value_or(false);
    if (told && !protocols.contains(Protocol::http))
        reader.report().mistake(place,
                                "only plain HTTP has a field for the client's address; add "
                                "\"http\" to \"protocols\", or take this out");
    return told;
}

// Where it is, and nothing else.
Listener listener_at(std::string_view text, const ListenAddress& address)
{
    Listener listener;
    listener.name = text;
    listener.endpoint = address.endpoint;
    listener.dual_stack = address.dual_stack;
    listener.systemd = address.systemd;
    if (!address.unix_path.empty())
        listener.unix_socket.emplace().path = address.unix_path;
    return listener;
}

void read_address(const Place& place, const Reader& reader, Listener& listener)
{
    const auto text = reader.text(place, "an address and a port, like \"127.0.0.1:1080\"");
    if (!text)
        return;
    const auto address = parse_listen_address(*text);
    if (!address)
        reader.report().mistake(place, address.error());
    else
        listener = listener_at(*text, *address);
}

Listener read_listener(const Place& place, const Reader& reader, Vocabulary& names,
                       const LoadOptions& options)
{
    Listener listener;
    const Fields fields{place, reader.report(), listener_keys};
    if (const auto address =
            fields.require("address", "write where to listen, like \"127.0.0.1:1080\""))
        read_address(*address, reader, listener);
    if (const auto at = fields.find("name")) {
        const auto name = reader.text(*at, "a name");
        if (name && check_name(at->value->at, *at, *name, reader))
            listener.name = *name;
    }
    listener.login = default_login(names);
    if (const auto login = fields.find("login"))
        listener.login = read_login(*login, reader, names);
    listener.protocols = default_protocols(listener.login);
    if (const auto protocols = fields.find("protocols"))
        listener.protocols = read_protocols(*protocols, reader, listener.login);
    if (const auto udp = fields.find("udp"))
        listener.udp = read_udp(*udp, reader, listener.protocols);
    if (const auto open = fields.find("open"))
        listener.open = reader.boolean(*open).value_or(false);
    if (const auto help = fields.find("help"))
        listener.help = reader.boolean(*help).value_or(true);
    if (const auto told = fields.find("forwarded_for"))
        listener.forwarded_for = read_forwarded_for(*told, reader, listener.protocols);
    read_doors(fields, reader, names.sets, listener);
    if (listener.forward) {
        listener.login = Login::none;
        listener.protocols = {};
        listener.protocols.add(Protocol::forward);
    }
    if (const auto tls = fields.find("tls")) {
        listener.tls = read_tls(*tls, reader, names, options);
        if (listener.forward)
            reader.report().mistake(*tls,
                                    "a fixed forward carries what it is given, TLS too; take "
                                    "\"tls\" or \"forward\" out");
    }
    return listener;
}

// Whether both cannot be bound. `*` takes the port of both families.
bool collide(const Listener& one, const Listener& other)
{
    if (!one.has_endpoint() || !other.has_endpoint())
        return one.systemd == other.systemd &&
               one.unix_socket.has_value() == other.unix_socket.has_value() &&
               (!one.unix_socket || one.unix_socket->path == other.unix_socket->path);
    if (one.endpoint.port != other.endpoint.port || one.endpoint.port == 0)
        return false;
    const bool both_any =
        one.endpoint.address.is_unspecified() && other.endpoint.address.is_unspecified();
    return one.endpoint.address == other.endpoint.address ||
           (both_any && (one.dual_stack || other.dual_stack));
}

// Strangers cannot reach it, cannot get past its login, or are meant to use it. A proxy in front
// brings strangers to any address. A unix socket's file lets in users of this machine at most, like
// loopback; what address the service manager hands over is not known here.
bool is_guarded(const Listener& listener)
{
    if (listener.open || listener.login == Login::required)
        return true;
    const bool of_this_machine = listener.unix_socket || (listener.has_endpoint() &&
                                                          listener.endpoint.address.is_loopback());
    return of_this_machine && !listener.proxies;
}

bool lets_anyone_in(const Rule& rule, const Listener& listener)
{
    if (rule.action != Action::allow || rule.observe || names_anybody(rule))
        return false;
    if (rule.listeners && !rule.listeners->contains(listener.name))
        return false;
    return !rule.protocols || (rule.protocols->bits & listener.protocols.bits) != 0;
}

std::string_view meant(const LoadedListener& loaded)
{
    return loaded.place.value != nullptr
               ? ", or write \"open\": true here if it is meant"
               : ", or describe this listener in the file, with \"open\": true if it is meant";
}

}  // namespace

std::vector<LoadedListener> read_listeners(const Place& place, const Reader& reader,
                                           Vocabulary& names, const LoadOptions& options)
{
    std::vector<LoadedListener> listeners;
    reader.list(place, "listeners", [&](const Place& item) {
        const auto before = reader.report().mistakes();
        auto listener = read_listener(item, reader, names, options);
        names.listeners.insert(listener.name);
        if (reader.report().mistakes() == before)
            listeners.push_back({item, std::move(listener)});
    });
    return listeners;
}

std::vector<LoadedListener> listeners_from(std::span<const std::string> addresses,
                                           const Reader& reader, Vocabulary& names)
{
    names.listeners_replaced = true;
    std::vector<LoadedListener> listeners;
    for (const auto& text : addresses) {
        const Place place{nullptr, "--listen"};
        const auto address = parse_listen_address(text);
        if (!address) {
            reader.report().mistake(place, address.error());
            continue;
        }
        names.listeners.insert(text);
        auto listener = listener_at(text, *address);
        listener.login = default_login(names);
        listener.protocols = default_protocols(listener.login);
        listeners.push_back({place, std::move(listener)});
    }
    return listeners;
}

void check_collisions(std::span<const LoadedListener> listeners, const Reader& reader)
{
    for (std::size_t later = 1; later < listeners.size(); ++later)
        for (std::size_t first = 0; first < later; ++first) {
            const auto& one = listeners[first].listener;
            const auto& other = listeners[later].listener;
            if (collide(one, other))
                reader.report().mistake(
                    listeners[later].place,
                    "the listener " + quoted(one.name) +
                        (one.has_endpoint() ? " takes this address and port already"
                                            : " takes this socket already"));
            else if (one.name == other.name)
                reader.report().mistake(listeners[later].place, "another listener is called " +
                                                                    quoted(one.name) +
                                                                    "; give this one its own name");
        }
}

void check_open_relay(std::span<const LoadedListener> listeners, std::span<const LoadedRule> rules,
                      const Vocabulary& names, Mode mode, const Reader& reader)
{
    for (const auto& loaded : listeners) {
        if (is_guarded(loaded.listener))
            continue;
        const std::string login = loaded.listener.forward ? "listen on a loopback address"
                                  : names.users           ? "set \"login\" to \"required\""
                                                          : "add \"users\" to the file";
        if (mode == Mode::observe) {
            reader.report().mistake(loaded.place,
                                    "anyone who can reach this listener may use it: it requires "
                                    "no login, and with \"mode\": \"observe\" nobody is kept from "
                                    "a public address; " +
                                        login + std::string{meant(loaded)});
            continue;
        }
        const auto culprit = std::ranges::find_if(rules, [&](const LoadedRule& candidate) {
            return lets_anyone_in(candidate.rule, loaded.listener);
        });
        if (culprit == rules.end())
            continue;
        reader.report().mistake(
            loaded.place,
            "anyone who can reach this listener may use it: it requires no "
            "login, and the rule " +
                quoted(culprit->rule.name) +
                (culprit->rule.clients     ? " names every client there is; name some, "
                 : loaded.listener.forward ? " names no \"clients\"; name them there, "
                                           : " names neither \"clients\" nor \"users\"; name them "
                                             "there, ") +
                login + std::string{meant(loaded)});
    }
}

}  // namespace adit::policy
