#include "protocols/socks4.hpp"

#include <string>
#include <utility>

namespace adit::protocols {
namespace {

constexpr std::uint8_t version = 4;
constexpr std::uint8_t connect_command = 1;
constexpr std::uint8_t granted = 0x5a;
constexpr std::uint8_t rejected = 0x5b;
constexpr std::size_t longest_text = 255;

// SOCKS4a: "0.0.0.x with x nonzero" says that a name follows. 0.0.0.0 is an address like any other.
bool is_name_marker(std::uint32_t address)
{
    return address != 0 && address < 256;
}

// A text that ends in NUL and has no length of its own: whoever never sends the NUL is stopped here.
Step<Bytes> read_text(ByteReader& reader, Fault too_long)
{
    const auto unread = reader.remaining();
    const auto text = reader.take_until(0);
    if (text ? text->size() > longest_text : unread > longest_text)
        return Malformed{too_long};
    if (!text)
        return NeedMore{};
    return Done<Bytes>{*text, reader.consumed()};
}

// The destination's name behind the user id.
Step<Host> read_name(ByteReader& reader)
{
    const auto step = read_text(reader, Fault::name_too_long);
    if (const auto* malformed = std::get_if<Malformed>(&step))
        return *malformed;
    const auto* name = std::get_if<Done<Bytes>>(&step);
    if (name == nullptr)
        return NeedMore{};
    const auto host = parse_host(as_text(name->value));
    if (!host)
        return Malformed{host.error()};
    return Done<Host>{*host, reader.consumed()};
}

// DSTIP | USERID NUL [ | NAME NUL ]. The user id proves nothing and is dropped.
Step<Host> read_host(ByteReader& reader)
{
    const auto high = reader.u16();
    const auto low = high ? reader.u16() : std::nullopt;
    if (!low)
        return NeedMore{};
    const auto user_id = read_text(reader, Fault::user_id_too_long);
    if (const auto* malformed = std::get_if<Malformed>(&user_id))
        return *malformed;
    if (std::holds_alternative<NeedMore>(user_id))
        return NeedMore{};
    const auto address = static_cast<std::uint32_t>(*high) << 16 | *low;
    if (is_name_marker(address))
        return read_name(reader);
    return Done<Host>{Address{boost::asio::ip::address_v4{address}}, reader.consumed()};
}

}  // namespace

Step<Target> parse_socks4_request(Bytes in)
{
    ByteReader reader{in};
    const auto ver = reader.u8();
    if (!ver)
        return NeedMore{};
    if (*ver != version)
        return Malformed{Fault::bad_version_byte};
    const auto command = reader.u8();
    if (!command)
        return NeedMore{};
    if (*command != connect_command)
        return Malformed{Fault::bad_command};
    const auto port = reader.u16();
    if (!port)
        return NeedMore{};
    if (*port == 0)
        return Malformed{Fault::bad_port};

    auto host = read_host(reader);
    if (const auto* malformed = std::get_if<Malformed>(&host))
        return *malformed;
    auto* done = std::get_if<Done<Host>>(&host);
    if (done == nullptr)
        return NeedMore{};
    return Done<Target>{{std::move(done->value), *port}, reader.consumed()};
}

Wants Socks4Handshake::advance(Bytes input)
{
    auto step = parse_socks4_request(input);
    if (const auto* malformed = std::get_if<Malformed>(&step))
        return {Hangup{Ending::malformed, malformed->fault}, 0, {}};
    auto* done = std::get_if<Done<Target>>(&step);
    if (done == nullptr)
        return {};
    return {Tunnel{{Protocol::socks4, std::move(done->value)}}, done->consumed, {}};
}

// Never asked for: SOCKS4 has no password.
Wants Socks4Handshake::verified(bool)
{
    return {Hangup{Ending::internal, Fault::none}, 0, {}};
}

// VN(1)=0 | CD(1) | DSTPORT(2) | DSTIP(4): the gateway's own address, when SOCKS4 can spell it.
Reply Socks4Handshake::conclude(const Answer& answer) const
{
    const bool established = answer.ending == Ending::established;
    Reply reply(8, '\0');
    reply[1] = static_cast<char>(established ? granted : rejected);
    if (!established || !answer.bound.address.is_v4())
        return reply;
    const auto address = answer.bound.address.to_v4().to_bytes();
    reply[2] = static_cast<char>(answer.bound.port >> 8);
    reply[3] = static_cast<char>(answer.bound.port & 0xff);
    reply.replace(4, 4, as_text(address));
    return reply;
}

}  // namespace adit::protocols
