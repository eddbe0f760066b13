#include "protocols/proxy_protocol.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace adit::protocols {
namespace {

using Header = Step<ProxyHeader>;

constexpr std::string_view line_start = "PROXY ";
constexpr std::array<std::uint8_t, 12> signature{0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D,
                                                 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A};

Header malformed()
{
    return Malformed{Fault::bad_proxy_header};
}

// Whether what is there so far could become `whole`.
bool begins(Bytes in, Bytes whole)
{
    const auto count = std::min(in.size(), whole.size());
    return std::ranges::equal(in.first(count), whole.first(count));
}

// Takes what stands before the next space, and the space. Nothing when there is no space.
std::optional<std::string_view> take_word(std::string_view& rest)
{
    const auto space = rest.find(' ');
    if (space == rest.npos)
        return std::nullopt;
    const auto word = rest.substr(0, space);
    rest.remove_prefix(space + 1);
    return word;
}

// §2.1 writes ports without leading zeros, and 0 is one of them.
bool is_port(std::string_view text)
{
    return text == "0" || parse_port(text).has_value();
}

std::optional<Address> address_of_family(std::optional<std::string_view> text, bool is_v6)
{
    if (!text || (text->find(':') != text->npos) != is_v6)
        return std::nullopt;
    const auto address = parse_address(*text);
    return address ? std::optional{*address} : std::nullopt;
}

// §2.1:  "PROXY" SP ("TCP4" | "TCP6") SP source SP destination SP port SP port CR LF
//        "PROXY" SP "UNKNOWN" ... CR LF
Header read_words(std::string_view line, std::size_t consumed)
{
    auto rest = line.substr(line_start.size());
    if (rest == "UNKNOWN" || rest.starts_with("UNKNOWN "))
        return Done<ProxyHeader>{{}, consumed};
    const auto family = take_word(rest);
    if (family != "TCP4" && family != "TCP6")
        return malformed();
    const auto source = address_of_family(take_word(rest), family == "TCP6");
    const auto destination = address_of_family(take_word(rest), family == "TCP6");
    const auto source_port = take_word(rest);
    if (!source || !destination || !source_port || !is_port(*source_port) || !is_port(rest))
        return malformed();
    const auto port = parse_port(*source_port);
    return Done<ProxyHeader>{{Endpoint{*source, port ? *port : std::uint16_t{0}}}, consumed};
}

Header read_line(Bytes in)
{
    const auto text = as_text(in.first(std::min(in.size(), longest_proxy_line)));
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    // One CR, and only as the last byte before the LF.
    const auto carriage = line.find('\r');
    if (carriage != line.npos && carriage + 1 != line.size())
        return malformed();
    if (end == text.npos)
        return text.size() == longest_proxy_line ? malformed() : Header{NeedMore{}};
    if (carriage == line.npos)
        return malformed();
    return read_words(line.substr(0, carriage), end + 1);
}

template <class AddressOf>
std::optional<Address> take_address(ByteReader& reader)
{
    typename AddressOf::bytes_type bytes;
    const auto taken = reader.take(bytes.size());
    if (!taken)
        return std::nullopt;
    std::ranges::copy(*taken, bytes.begin());
    return unmapped(AddressOf{bytes});
}

// §2.2, behind the length:  source | destination | source port(2) | destination port(2) | TLVs
template <class AddressOf>
Header read_addresses(Bytes block, std::size_t consumed)
{
    ByteReader reader{block};
    const auto source = take_address<AddressOf>(reader);
    const auto destination = take_address<AddressOf>(reader);
    const auto source_port = reader.u16();
    const auto destination_port = reader.u16();
    if (!source || !destination || !source_port || !destination_port)
        return malformed();
    return Done<ProxyHeader>{{Endpoint{*source, *source_port}}, consumed};
}

// §2.2:  signature(12) | version and command(1) | family and transport(1) | length(2) | block
Header read_binary(Bytes in)
{
    ByteReader reader{in};
    if (!reader.take(signature.size()))
        return NeedMore{};
    const auto command = reader.u8();
    if (command && *command != 0x20 && *command != 0x21)
        return malformed();
    const auto family = reader.u8();
    const bool is_local = command == 0x20;
    if (family && !is_local && *family != 0x00 && *family != 0x11 && *family != 0x21)
        return malformed();
    const auto length = reader.u16();
    const auto block = length ? reader.take(*length) : std::nullopt;
    if (!block)
        return NeedMore{};
    // Of LOCAL the family must not be looked at.
    if (is_local || family == 0x00)
        return Done<ProxyHeader>{{}, reader.consumed()};
    if (family == 0x11)
        return read_addresses<boost::asio::ip::address_v4>(*block, reader.consumed());
    return read_addresses<boost::asio::ip::address_v6>(*block, reader.consumed());
}

}  // namespace

Step<ProxyHeader> parse_proxy_header(Bytes in)
{
    if (in.empty())
        return NeedMore{};
    if (begins(in, signature))
        return read_binary(in);
    if (begins(in, as_bytes(line_start)))
        return in.size() < line_start.size() ? Header{NeedMore{}} : read_line(in);
    return Malformed{Fault::no_proxy_header};
}

}  // namespace adit::protocols
