#include "protocols/socks5.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "protocols/socks5_address.hpp"

namespace adit::protocols {
namespace {

constexpr std::uint8_t version = 5;
constexpr std::uint8_t sub_negotiation_version = 1;

constexpr std::uint8_t method_none = 0x00;
constexpr std::uint8_t method_user_pass = 0x02;
constexpr std::uint8_t method_not_acceptable = 0xff;

constexpr std::uint8_t login_succeeded = 0;
constexpr std::uint8_t login_refused = 1;

Reply two_bytes(std::uint8_t first, std::uint8_t second)
{
    return {static_cast<char>(first), static_cast<char>(second)};
}

// Any of the three answers of a part is the answer of the whole, except Done.
template <class T>
Step<Socks5Request> as_failure(const Step<T>& step)
{
    if (const auto* malformed = std::get_if<Malformed>(&step))
        return *malformed;
    return NeedMore{};
}

// VER | CMD | RSV: each is judged as soon as it is there.
Step<Socks5Command> read_opening(ByteReader& reader)
{
    const auto ver = reader.u8();
    if (!ver)
        return NeedMore{};
    if (*ver != version)
        return Malformed{Fault::bad_version_byte};
    const auto command = reader.u8();
    if (!command)
        return NeedMore{};
    if (*command < 1 || *command > 3)
        return Malformed{Fault::bad_command};
    const auto reserved = reader.u8();
    if (!reserved)
        return NeedMore{};
    if (*reserved != 0)
        return Malformed{Fault::bad_reserved_byte};
    return Done<Socks5Command>{static_cast<Socks5Command>(*command), reader.consumed()};
}

Step<Socks5Request> read_association(ByteReader& reader)
{
    const auto host = skip_socks5_host(reader);
    if (!std::holds_alternative<Done<bool>>(host))
        return as_failure(host);
    if (!reader.u16())
        return NeedMore{};
    return Done<Socks5Request>{{Socks5Command::udp_associate, {Address{}, 0}}, reader.consumed()};
}

Step<Socks5Request> read_destination(Socks5Command command, ByteReader& reader)
{
    const auto host = read_socks5_host(reader);
    if (!std::holds_alternative<Done<Host>>(host))
        return as_failure(host);
    const auto port = reader.u16();
    if (!port)
        return NeedMore{};
    if (*port == 0)
        return Malformed{Fault::bad_port};
    return Done<Socks5Request>{{command, {std::get<Done<Host>>(host).value, *port}},
                               reader.consumed()};
}

// RFC 1928 §6, and the table of endings in ARCHITECTURE.md.
std::uint8_t rep_of(const Answer& answer)
{
    switch (answer.ending) {
        case Ending::established:
            return 0;
        case Ending::malformed:
            if (answer.fault == Fault::bad_command)
                return 7;
            return answer.fault == Fault::bad_address_type ? 8 : 1;
        case Ending::login_needed:
        case Ending::login_failed:
        case Ending::login_locked:
        case Ending::not_allowed:
        case Ending::address_not_allowed:
            return answer.fault == Fault::protocol_not_open ? 7 : 2;
        case Ending::network_unreachable:
            return 3;
        case Ending::name_unknown:
        case Ending::name_timeout:
        case Ending::host_unreachable:
            return 4;
        case Ending::refused:
            return 5;
        case Ending::timed_out:
            return 6;
        case Ending::bad_answer:
        case Ending::loop:
        case Ending::limit:
        case Ending::internal:
            return 1;
    }
    return 1;
}

// RFC 1928 §6:  VER(1)=5 | REP(1) | RSV(1)=0 | ATYP(1) | BND.ADDR | BND.PORT(2). Always complete.
Reply final_reply(const Answer& answer)
{
    const bool established = answer.ending == Ending::established;
    const Endpoint bound = established ? answer.bound : Endpoint{};
    Reply reply = two_bytes(version, rep_of(answer));
    reply.push_back(0);
    append_socks5_endpoint(reply, bound);
    return reply;
}

Wants hang_up(Ending ending, Fault fault, std::size_t consumed = 0)
{
    return {Hangup{ending, fault}, consumed, {}};
}

}  // namespace

Step<Socks5Greeting> parse_socks5_greeting(Bytes in)
{
    ByteReader reader{in};
    const auto ver = reader.u8();
    if (!ver)
        return NeedMore{};
    if (*ver != version)
        return Malformed{Fault::bad_version_byte};
    const auto count = reader.u8();
    if (!count)
        return NeedMore{};
    if (*count == 0)
        return Malformed{Fault::bad_greeting};
    const auto methods = reader.take(*count);
    if (!methods)
        return NeedMore{};
    const auto offered = [&](std::uint8_t method) {
        return std::find(methods->begin(), methods->end(), method) != methods->end();
    };
    return Done<Socks5Greeting>{{offered(method_none), offered(method_user_pass)},
                                reader.consumed()};
}

Step<Credentials> parse_user_pass(Bytes in)
{
    ByteReader reader{in};
    const auto ver = reader.u8();
    if (!ver)
        return NeedMore{};
    if (*ver != sub_negotiation_version)
        return Malformed{Fault::bad_sub_negotiation};
    const auto take_text = [&] {
        const auto length = reader.u8();
        return length ? reader.take(*length) : std::nullopt;
    };
    const auto user = take_text();
    if (!user)
        return NeedMore{};
    const auto password = take_text();
    if (!password)
        return NeedMore{};
    return Done<Credentials>{{std::string{as_text(*user)}, Secret{as_text(*password)}},
                             reader.consumed()};
}

Step<Socks5Request> parse_socks5_request(Bytes in)
{
    ByteReader reader{in};
    const auto command = read_opening(reader);
    const auto* done = std::get_if<Done<Socks5Command>>(&command);
    if (done == nullptr)
        return as_failure(command);
    if (done->value == Socks5Command::udp_associate)
        return read_association(reader);
    return read_destination(done->value, reader);
}

Wants Socks5Handshake::advance(Bytes input)
{
    switch (phase_) {
        case Phase::greeting:
            return greet(input);
        case Phase::user_pass:
            return log_in(input);
        case Phase::request:
            return request(input);
        case Phase::verifying:
        case Phase::requested:
            break;  // what follows belongs to the tunnel, or waits for the verdict
    }
    return {};
}

// A client that offers both methods is asked for its name only when a login may matter.
bool Socks5Handshake::is_user_pass_due(const Socks5Greeting& greeting) const
{
    if (login_ == Login::none)
        return !greeting.no_login && greeting.user_pass;
    return greeting.user_pass;
}

Wants Socks5Handshake::greet(Bytes input)
{
    const auto step = parse_socks5_greeting(input);
    if (const auto* malformed = std::get_if<Malformed>(&step))
        return hang_up(Ending::malformed, malformed->fault);
    const auto* done = std::get_if<Done<Socks5Greeting>>(&step);
    if (done == nullptr)
        return {};

    if (is_user_pass_due(done->value)) {
        phase_ = Phase::user_pass;
        return {Input{}, done->consumed, two_bytes(version, method_user_pass)};
    }
    if (login_ == Login::required)
        return hang_up(Ending::login_needed, Fault::none, done->consumed);
    if (!done->value.no_login)
        return hang_up(Ending::malformed, Fault::bad_greeting, done->consumed);
    phase_ = Phase::request;
    return {Input{}, done->consumed, two_bytes(version, method_none)};
}

Wants Socks5Handshake::log_in(Bytes input)
{
    auto step = parse_user_pass(input);
    if (const auto* malformed = std::get_if<Malformed>(&step))
        return hang_up(Ending::malformed, malformed->fault);
    auto* done = std::get_if<Done<Credentials>>(&step);
    if (done == nullptr)
        return {};

    const bool nobody = done->value.user.empty() && login_ == Login::optional;
    if (login_ == Login::none || nobody) {
        phase_ = Phase::request;
        return {Input{}, done->consumed, two_bytes(sub_negotiation_version, login_succeeded)};
    }
    phase_ = Phase::verifying;
    if (done->value.user.empty() || holds_control_character(done->value))
        return hang_up(Ending::login_failed, Fault::none, done->consumed);
    return {Verify{std::move(done->value)}, done->consumed, {}};
}

Wants Socks5Handshake::verified(bool accepted)
{
    if (!accepted)
        return hang_up(Ending::login_failed, Fault::none);
    phase_ = Phase::request;
    return {Input{}, 0, two_bytes(sub_negotiation_version, login_succeeded)};
}

Wants Socks5Handshake::request(Bytes input)
{
    auto step = parse_socks5_request(input);
    if (std::holds_alternative<NeedMore>(step))
        return {};
    phase_ = Phase::requested;
    if (const auto* malformed = std::get_if<Malformed>(&step))
        return hang_up(Ending::malformed, malformed->fault);
    auto& [request, consumed] = std::get<Done<Socks5Request>>(step);
    switch (request.command) {
        case Socks5Command::udp_associate:
            return {Associate{}, consumed, {}};
        case Socks5Command::bind:
            return {Bind{std::move(request.target)}, consumed, {}};
        case Socks5Command::connect:
            break;
    }
    return {Tunnel{{Protocol::socks5, std::move(request.target)}}, consumed, {}};
}

// Each phase has its own last word: a method, a login status or a reply. A client that broke the
// protocol, or said nothing in time, before its request gets none.
Reply Socks5Handshake::conclude(const Answer& answer) const
{
    const bool malformed = answer.ending == Ending::malformed;
    switch (phase_) {
        case Phase::greeting:
            if (malformed && answer.fault != Fault::bad_greeting)
                return {};
            return two_bytes(version, method_not_acceptable);
        case Phase::user_pass:
            return malformed ? Reply{} : two_bytes(sub_negotiation_version, login_refused);
        case Phase::verifying:
            return two_bytes(sub_negotiation_version, login_refused);
        case Phase::request:
            return malformed ? Reply{} : final_reply(answer);
        case Phase::requested:
            return final_reply(answer);
    }
    return {};
}

}  // namespace adit::protocols
