#include "protocols/client_hello.hpp"

#include <algorithm>
#include <vector>

namespace adit::protocols {

namespace {

constexpr std::uint8_t handshake_record = 22;
constexpr std::uint8_t client_hello_message = 1;
constexpr std::uint8_t tls_major_version = 3;  // TLS 1.0 to 1.3 write 3.1 to 3.3
constexpr std::uint16_t tls_1_0 = 0x0301;
constexpr std::size_t record_header = 5;
constexpr std::size_t message_header = 4;
constexpr std::size_t max_fragment = 1U << 14U;
constexpr std::uint16_t server_name_extension = 0;
constexpr std::uint8_t host_name = 0;

// A vector of TLS: its length in bytes, then its content. One of 8 and one of 16 bits of length.
std::optional<Bytes> short_vector(ByteReader& reader)
{
    const auto size = reader.u8();
    return size ? reader.take(*size) : std::nullopt;
}

std::optional<Bytes> long_vector(ByteReader& reader)
{
    const auto size = reader.u16();
    return size ? reader.take(*size) : std::nullopt;
}

// A list with one host name and nothing else. Other kinds of names were never defined, and how long
// one would be cannot be known.
//
// RFC 6066 §3:  LENGTH(2) | NAME_TYPE(1)=0 | LENGTH(2) | host name, ASCII, without a trailing dot
Result<Domain, Fault> read_server_name(Bytes content)
{
    ByteReader reader{content};
    const auto list = long_vector(reader);
    if (!list || reader.remaining() > 0)
        return Fault::bad_client_hello;
    ByteReader names{*list};
    const auto type = names.u8();
    const auto name = long_vector(names);
    if (!type || !name || names.remaining() > 0)
        return Fault::bad_client_hello;
    const auto text = as_text(*name);
    if (*type != host_name || text.ends_with('.'))
        return Fault::bad_server_name;
    auto domain = Domain::parse(text);
    if (!domain)
        return Fault::bad_server_name;
    return domain;
}

// RFC 8446 §4.2:  LENGTH(2) | { TYPE(2) | LENGTH(2) | content } ..., no type twice
Result<ClientHello, Fault> read_extensions(Bytes content)
{
    ClientHello hello;
    std::vector<std::uint16_t> types;
    ByteReader reader{content};
    while (reader.remaining() > 0) {
        const auto type = reader.u16();
        const auto extension = long_vector(reader);
        if (!type || !extension)
            return Fault::bad_client_hello;
        types.push_back(*type);
        if (*type != server_name_extension)
            continue;
        auto name = read_server_name(*extension);
        if (!name)
            return name.error();
        hello.server_name = std::move(*name);
    }
    std::ranges::sort(types);
    if (std::ranges::adjacent_find(types) != types.end())
        return Fault::bad_client_hello;
    return hello;
}

// RFC 8446 §4.1.2:  VERSION(2) | RANDOM(32) | session id <0..32> | cipher suites <2..> |
//                   compression methods <1..> | extensions; TLS 1.2 may leave the last away
Result<ClientHello, Fault> read_body(Bytes body)
{
    ByteReader reader{body};
    const auto version = reader.u16();
    const auto random = reader.take(32);
    const auto session = random ? short_vector(reader) : std::nullopt;
    const auto ciphers = session ? long_vector(reader) : std::nullopt;
    const auto compressions = ciphers ? short_vector(reader) : std::nullopt;
    if (!compressions || *version >> 8U != tls_major_version || *version < tls_1_0)
        return Fault::bad_client_hello;
    if (session->size() > 32 || ciphers->empty() || ciphers->size() % 2 != 0 ||
        std::ranges::find(*compressions, 0) == compressions->end())
        return Fault::bad_client_hello;
    if (reader.remaining() == 0)
        return ClientHello{};
    const auto extensions = long_vector(reader);
    if (!extensions || reader.remaining() > 0)
        return Fault::bad_client_hello;
    return read_extensions(*extensions);
}

// The handshake message, gathered from its records.
struct Message {
    std::vector<std::uint8_t> bytes;
    std::optional<std::size_t> size;  // with its header, as soon as that has arrived

    void add(Bytes fragment)
    {
        bytes.insert(bytes.end(), fragment.begin(), fragment.end());
        if (bytes.size() >= message_header)
            size = message_header +
                   (std::size_t{bytes[1]} << 16U | std::size_t{bytes[2]} << 8U | bytes[3]);
    }
    // What can be wrong with it before it is complete.
    Fault fault() const
    {
        if (!bytes.empty() && bytes[0] != client_hello_message)
            return Fault::bad_client_hello;
        if (size && *size > max_client_hello)
            return Fault::client_hello_too_long;
        return size && bytes.size() > *size ? Fault::bad_client_hello : Fault::none;
    }
    bool complete() const { return size && bytes.size() == *size; }
};

// RFC 8446 §5.1:  TYPE(1)=22 | VERSION(2)=3.x | LENGTH(2)=1..2^14 | fragment
// Looks at as much of the header as has arrived.
Fault check_record(Bytes in, bool first)
{
    const Fault other = first ? Fault::not_tls : Fault::bad_tls_record;
    if (!in.empty() && in[0] != handshake_record)
        return other;
    if (in.size() > 1 && in[1] != tls_major_version)
        return other;
    if (in.size() < record_header)
        return Fault::none;
    const std::size_t size = std::size_t{in[3]} << 8U | in[4];
    return size == 0 || size > max_fragment ? Fault::bad_tls_record : Fault::none;
}

}  // namespace

Step<ClientHello> read_client_hello(Bytes in)
{
    Message message;
    std::size_t at = 0;
    for (;;) {
        const auto rest = in.subspan(at);
        if (const auto fault = check_record(rest, at == 0); fault != Fault::none)
            return Malformed{fault};
        if (rest.size() < record_header)
            break;
        const std::size_t size = std::size_t{rest[3]} << 8U | rest[4];
        if (at + record_header + size > max_client_hello)
            return Malformed{Fault::client_hello_too_long};
        const auto arrived =
            rest.subspan(record_header, std::min(size, rest.size() - record_header));
        message.add(arrived);
        if (const auto fault = message.fault(); fault != Fault::none)
            return Malformed{fault};
        if (arrived.size() < size) {
            // A record that goes on behind the message carries something else as well.
            if (message.complete())
                return Malformed{Fault::bad_client_hello};
            break;
        }
        at += record_header + size;
        if (!message.complete())
            continue;
        auto hello = read_body(Bytes{message.bytes}.subspan(message_header));
        if (!hello)
            return Malformed{hello.error()};
        return Done<ClientHello>{std::move(*hello), at};
    }
    return NeedMore{};
}

}  // namespace adit::protocols
