#include "policy/load_doors.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "policy/suggest.hpp"

namespace adit::policy {

namespace {

constexpr std::array<Key, 2> unix_keys{{{"mode"}, {"group"}}};
constexpr std::array<Key, 1> proxy_keys{{{"from"}}};

// Three octal digits, with or without a zero in front.
std::optional<unsigned> parse_mode(std::string_view text)
{
    if (text.size() == 4 && text.front() == '0')
        text.remove_prefix(1);
    if (text.size() != 3 || !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '7'; }))
        return std::nullopt;
    unsigned mode = 0;
    for (const char digit : text)
        mode = mode * 8 + static_cast<unsigned>(digit - '0');
    return mode;
}

void read_unix(const Place& place, const Reader& reader, Listener& listener)
{
    const Fields fields{place, reader.report(), unix_keys};
    if (!fields.is_object())
        return;
    if (!listener.unix_socket) {
        reader.report().mistake(place,
                                "only a unix socket has a file; take this out, or listen on an "
                                "address like \"unix:/run/adit/proxy.sock\"");
        return;
    }
    if (const auto mode = fields.find("mode")) {
        const auto text = reader.text(*mode, "a file mode in octal, like \"0660\"");
        const auto parsed = text ? parse_mode(*text) : std::nullopt;
        if (text && !parsed)
            reader.report().mistake(*mode, quoted(*text) +
                                               " is not the mode of a file in octal, like "
                                               "\"0600\" (its owner), \"0660\" (its group, too) "
                                               "or \"0666\" (everyone on this machine)");
        listener.unix_socket->mode = parsed.value_or(0);
    }
    if (const auto group = fields.find("group")) {
        const auto text = reader.text(*group, "a group's name");
        if (text && text->empty())
            reader.report().mistake(*group, "an empty group; write its name, or take the key out");
        listener.unix_socket->group = text.value_or("");
    }
}

void read_proxies(const Place& place, const Reader& reader, Sets& sets, Listener& listener)
{
    const Fields fields{place, reader.report(), proxy_keys};
    if (!fields.is_object())
        return;
    if (listener.unix_socket) {
        reader.report().mistake(place,
                                "a client of a unix socket has no address that \"from\" could "
                                "list; listen on an address and port, like \"127.0.0.1:1080\"");
        return;
    }
    if (const auto from = fields.require(
            "from", "list the addresses of the proxies in front, like [ \"10.0.0.7\" ]"))
        listener.proxies = read_networks(*from, reader, &sets);
}

void read_forward(const Place& place, const Reader& reader, const Fields& fields,
                  Listener& listener)
{
    const auto text = reader.text(place, "a host and a port, like \"db.internal:5432\"");
    if (!text)
        return;
    const auto target = parse_forward(*text);
    if (!target)
        reader.report().mistake(place, target.error());
    else
        listener.forward = *target;
    for (const std::string_view key : {"protocols", "login"})
        if (const auto other = fields.find(key))
            reader.report().mistake(*other, "a fixed forward has no handshake, so there are no " +
                                                std::string{key == "login" ? "logins" : key} +
                                                " to choose; take this out");
}

}  // namespace

void read_doors(const Fields& fields, const Reader& reader, Sets& sets, Listener& listener)
{
    if (const auto file = fields.find(unix_key.name))
        read_unix(*file, reader, listener);
    if (const auto proxies = fields.find(proxy_protocol_key.name))
        read_proxies(*proxies, reader, sets, listener);
    if (const auto forward = fields.find(forward_key.name))
        read_forward(*forward, reader, fields, listener);
}

std::set<std::uint32_t> read_uids(const Place& place, const Reader& reader, const Vocabulary& names)
{
    std::set<std::uint32_t> uids;
    reader.list(place, "users of this machine", [&](const Place& item) {
        if (item.value->kind == json::Kind::number) {
            // The highest number is no user: the kernel uses it for "none".
            const auto number =
                reader.whole(item, 0, std::numeric_limits<std::uint32_t>::max() - 1);
            uids.insert(number.value_or(0));
            return;
        }
        const auto name = reader.text(item, "a user of this machine, by name or number");
        if (!name)
            return;
        const auto number =
            names.user_number == nullptr ? std::nullopt : names.user_number(std::string{*name});
        if (number)
            uids.insert(*number);
        else
            reader.report().mistake(item, "this machine has no user called " + quoted(*name) +
                                              "; a user of another machine is named by number");
    });
    return uids;
}

}  // namespace adit::policy
