#include "protocols/client/socks5_client.hpp"

#include <algorithm>

namespace adit::protocols::client {
namespace {

constexpr std::uint8_t version = 5;
constexpr std::uint8_t sub_negotiation_version = 1;
constexpr std::size_t longest_text = 255;

// What a part said that is not Done, as the turn of the whole.
template <class T>
Turn unfinished(const Step<T>& step)
{
    if (const auto* malformed = std::get_if<Malformed>(&step))
        return {NotUnderstood{malformed->fault}, 0, {}};
    return {};
}

Turn refusal(Refused::Why why, std::string reason, std::size_t consumed)
{
    Refused refused;
    refused.why = why;
    refused.reason = std::move(reason);
    return {std::move(refused), consumed, {}};
}

std::string words_for(std::uint8_t rep)
{
    switch (rep) {
        case 1:
            return "the proxy failed, or a limit of it is reached";
        case 2:
            return "the policy of the proxy does not allow this tunnel";
        case 3:
            return "there is no route to the network of the destination";
        case 4:
            return "the destination is unknown or cannot be reached";
        case 5:
            return "the destination refused the connection";
        case 6:
            return "the destination did not answer in time";
        case 7:
            return "the proxy does not know the command CONNECT";
        case 8:
            return "the proxy does not know this type of address";
        default:
            return "SOCKS5 reply " + std::to_string(rep);
    }
}

std::string user_pass_message(const Credentials& login)
{
    const auto password = login.password.reveal();
    std::string message{static_cast<char>(sub_negotiation_version)};
    message += static_cast<char>(login.user.size());
    message += login.user;
    message += static_cast<char>(password.size());
    message += password;
    return message;
}

// ATYP | DST.ADDR
std::string spelt(const Host& host)
{
    if (const auto* domain = std::get_if<Domain>(&host))
        return std::string{3, static_cast<char>(domain->text().size())} + domain->text();
    const auto& address = std::get<Address>(host);
    if (address.is_v4())
        return std::string{1} + std::string{as_text(address.to_v4().to_bytes())};
    return std::string{4} + std::string{as_text(address.to_v6().to_bytes())};
}

// BND.ADDR and BND.PORT, which say nothing that a client needs.
Step<std::uint8_t> skip_bound(ByteReader& reader, std::uint8_t type)
{
    std::optional<std::size_t> size;
    if (type == 1)
        size = 4;
    else if (type == 4)
        size = 16;
    else if (type == 3)
        size = reader.u8();
    else
        return Malformed{Fault::bad_address_type};
    if (!size || !reader.take(*size + 2))
        return NeedMore{};
    return Done<std::uint8_t>{0, reader.consumed()};
}

}  // namespace

Step<Socks5Method> parse_socks5_choice(Bytes in)
{
    ByteReader reader{in};
    const auto ver = reader.u8();
    if (!ver)
        return NeedMore{};
    if (*ver != version)
        return Malformed{Fault::bad_version_byte};
    const auto method = reader.u8();
    if (!method)
        return NeedMore{};
    const auto chosen = static_cast<Socks5Method>(*method);
    if (chosen != Socks5Method::no_login && chosen != Socks5Method::user_pass &&
        chosen != Socks5Method::none_accepted)
        return Malformed{Fault::method_not_offered};
    return Done<Socks5Method>{chosen, reader.consumed()};
}

Step<bool> parse_user_pass_status(Bytes in)
{
    ByteReader reader{in};
    const auto ver = reader.u8();
    if (!ver)
        return NeedMore{};
    if (*ver != sub_negotiation_version)
        return Malformed{Fault::bad_sub_negotiation};
    const auto status = reader.u8();
    if (!status)
        return NeedMore{};
    return Done<bool>{*status == 0, reader.consumed()};
}

Step<std::uint8_t> parse_socks5_reply(Bytes in)
{
    ByteReader reader{in};
    const auto ver = reader.u8();
    if (!ver)
        return NeedMore{};
    if (*ver != version)
        return Malformed{Fault::bad_version_byte};
    const auto rep = reader.u8();
    if (!rep)
        return NeedMore{};
    if (*rep != 0)
        return Done<std::uint8_t>{*rep, reader.consumed()};
    const auto reserved = reader.u8();
    if (!reserved)
        return NeedMore{};
    if (*reserved != 0)
        return Malformed{Fault::bad_reserved_byte};
    const auto type = reader.u8();
    if (!type)
        return NeedMore{};
    return skip_bound(reader, *type);
}

bool fits_socks5(const Credentials& login)
{
    return !login.user.empty() && login.user.size() <= longest_text &&
           login.password.reveal().size() <= longest_text;
}

std::string Socks5Client::open()
{
    if (login_)
        return {5, 2, 0, 2};
    return {5, 1, 0};
}

Turn Socks5Client::advance(Bytes input)
{
    switch (phase_) {
        case Phase::choice:
            return hear_choice(input);
        case Phase::status:
            return hear_status(input);
        case Phase::reply:
            break;
    }
    const auto step = parse_socks5_reply(input);
    const auto* done = std::get_if<Done<std::uint8_t>>(&step);
    if (done == nullptr)
        return unfinished(step);
    if (done->value != 0)
        return refusal(Refused::Why::other, words_for(done->value), done->consumed);
    return {Open{}, done->consumed, {}};
}

Turn Socks5Client::hear_choice(Bytes input)
{
    const auto step = parse_socks5_choice(input);
    const auto* done = std::get_if<Done<Socks5Method>>(&step);
    if (done == nullptr)
        return unfinished(step);
    switch (done->value) {
        case Socks5Method::no_login:
            return ask(done->consumed);
        case Socks5Method::none_accepted:
            if (login_)
                return refusal(Refused::Why::other, "the proxy takes no user name and password",
                               done->consumed);
            return refusal(Refused::Why::login_needed, "the proxy asks for a login",
                           done->consumed);
        case Socks5Method::user_pass:
            break;
    }
    if (!login_)
        return {NotUnderstood{Fault::method_not_offered}, 0, {}};
    phase_ = Phase::status;
    return {More{}, done->consumed, user_pass_message(*login_)};
}

Turn Socks5Client::hear_status(Bytes input)
{
    const auto step = parse_user_pass_status(input);
    const auto* done = std::get_if<Done<bool>>(&step);
    if (done == nullptr)
        return unfinished(step);
    if (!done->value)
        return refusal(Refused::Why::login_failed, "the user name or the password is wrong",
                       done->consumed);
    return ask(done->consumed);
}

// RFC 1928 §4:  VER(1)=5 | CMD(1)=1 | RSV(1)=0 | ATYP(1) | DST.ADDR | DST.PORT(2)
Turn Socks5Client::ask(std::size_t consumed)
{
    phase_ = Phase::reply;
    std::string request{5, 1, 0};
    request += spelt(target_.host);
    request += static_cast<char>(target_.port >> 8);
    request += static_cast<char>(target_.port & 0xff);
    return {More{}, consumed, std::move(request)};
}

}  // namespace adit::protocols::client
