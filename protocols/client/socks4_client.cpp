#include "protocols/client/socks4_client.hpp"

#include <utility>

namespace adit::protocols::client {
namespace {

constexpr std::size_t longest_user_id = 255;
constexpr std::uint8_t granted = 0x5a;

std::string words_for(std::uint8_t code)
{
    switch (code) {
        case 0x5b:
            return "the request is rejected or failed";
        case 0x5c:
            return "the proxy could not ask the identd of this machine";
        case 0x5d:
            return "the identd of this machine names another user";
        default:
            return "SOCKS4 code " + std::to_string(code);
    }
}

}  // namespace

bool fits_socks4(const Host& host)
{
    const auto* address = std::get_if<Address>(&host);
    return address != nullptr && address->is_v4() && address->to_v4().to_uint() >= 256;
}

std::optional<std::string> socks4_request(const Target& target, std::string_view user_id)
{
    if (user_id.size() > longest_user_id || user_id.find('\0') != std::string_view::npos)
        return std::nullopt;
    std::string request{4, 1};
    request += static_cast<char>(target.port >> 8);
    request += static_cast<char>(target.port & 0xff);
    if (fits_socks4(target.host)) {
        const auto address = std::get<Address>(target.host).to_v4().to_bytes();
        request.append(as_text(address)).append(user_id).push_back('\0');
        return request;
    }
    request.append({0, 0, 0, 1}).append(user_id).push_back('\0');
    request.append(to_text(target.host)).push_back('\0');
    return request;
}

Step<std::uint8_t> parse_socks4_reply(Bytes in)
{
    ByteReader reader{in};
    const auto version = reader.u8();
    if (!version)
        return NeedMore{};
    if (*version != 0)
        return Malformed{Fault::bad_version_byte};
    const auto code = reader.u8();
    if (!code || !reader.take(6))
        return NeedMore{};
    return Done<std::uint8_t>{*code, reader.consumed()};
}

Turn Socks4Client::advance(Bytes input)
{
    const auto step = parse_socks4_reply(input);
    if (const auto* malformed = std::get_if<Malformed>(&step))
        return {NotUnderstood{malformed->fault}, 0, {}};
    const auto* done = std::get_if<Done<std::uint8_t>>(&step);
    if (done == nullptr)
        return {};
    if (done->value == granted)
        return {Open{}, done->consumed, {}};
    Refused refused;
    refused.reason = words_for(done->value);
    return {std::move(refused), done->consumed, {}};
}

}  // namespace adit::protocols::client
