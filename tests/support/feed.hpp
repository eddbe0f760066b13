// Drives a handshake as a session does, without a socket: bytes in pieces of any size, verdicts on
// logins, and everything that came of it. Used by unit tests and fuzz targets alike.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "protocols/handshake.hpp"

namespace adit::testing {

// Bytes in a heap block of exactly their size, so that a sanitizer sees every read behind the end.
class ExactBytes {
public:
    explicit ExactBytes(std::string_view text) : bytes_(text.begin(), text.end()) {}
    operator protocols::Bytes() const { return bytes_; }

private:
    std::vector<std::uint8_t> bytes_;
};

// What a conversation came to.
struct Talk {
    std::string said;                 // every reply, one behind the other
    std::vector<std::string> logins;  // "user:password" of each Verify
    std::optional<protocols::TunnelRequest> request;
    std::string forwarded;  // the head of a forwarded request, written anew
    std::string page;       // of the gateway's own
    std::optional<protocols::Hangup> hangup;
    std::string unread;           // what was not consumed: the tunnel's first bytes
    bool broken_promise = false;  // consumed more than there was, or spoke after the end

    bool ended() const
    {
        return request.has_value() || hangup.has_value() || !forwarded.empty() || !page.empty();
    }
};

// Equal for everyone concerned. After a hangup nobody looks at the unread bytes.
inline bool same(const Talk& a, const Talk& b)
{
    const auto same_request = [&] {
        if (!a.request || !b.request)
            return a.request.has_value() == b.request.has_value();
        return a.request->protocol == b.request->protocol && a.request->target == b.request->target;
    };
    const auto same_hangup = [&] {
        if (!a.hangup || !b.hangup)
            return a.hangup.has_value() == b.hangup.has_value();
        return a.hangup->ending == b.hangup->ending && a.hangup->fault == b.hangup->fault;
    };
    return a.said == b.said && a.forwarded == b.forwarded && a.page == b.page &&
           a.logins == b.logins && same_request() && same_hangup() &&
           (a.hangup || a.unread == b.unread) && a.broken_promise == b.broken_promise;
}

using Verdict = std::function<bool(const protocols::Credentials&)>;

inline Verdict accept_all()
{
    return [](const protocols::Credentials&) { return true; };
}

inline Verdict refuse_all()
{
    return [](const protocols::Credentials&) { return false; };
}

template <class Handshake>
class Feed {
public:
    explicit Feed(Handshake handshake, Verdict verdict = accept_all())
        : handshake_{std::move(handshake)}, verdict_{std::move(verdict)}
    {
    }

    // One arrival of bytes, as from one read of a socket.
    void receive(std::string_view piece)
    {
        talk_.unread.append(piece);
        while (!talk_.ended() && step()) {
        }
    }

    const Talk& talk() const { return talk_; }
    const Handshake& handshake() const { return handshake_; }

private:
    // True when what is left may hold the next message already.
    bool step()
    {
        const ExactBytes input{talk_.unread};
        auto wants = handshake_.advance(input);
        const auto consumed = wants.consumed;
        if (consumed > talk_.unread.size()) {
            talk_.broken_promise = true;
            return false;
        }
        talk_.unread.erase(0, consumed);
        if (const auto* verify = std::get_if<protocols::Verify>(&wants.what)) {
            const auto& credentials = verify->credentials;
            talk_.said += wants.reply;
            talk_.logins.push_back(credentials.user + ":" +
                                   std::string{credentials.password.reveal()});
            wants = handshake_.verified(verdict_(credentials));
            talk_.broken_promise = talk_.broken_promise || wants.consumed != 0;
        }
        talk_.said += wants.reply;
        if (auto* tunnel = std::get_if<protocols::Tunnel>(&wants.what))
            talk_.request = std::move(tunnel->request);
        if (const auto* forward = std::get_if<protocols::Forward>(&wants.what))
            talk_.forwarded = write_request_head(forward->request, "test");
        if (auto* help = std::get_if<protocols::Help>(&wants.what))
            talk_.page = std::move(help->page);
        if (std::holds_alternative<protocols::Associate>(wants.what))
            talk_.request = {protocols::Protocol::udp, {protocols::Address{}, 0}};
        if (auto* bind = std::get_if<protocols::Bind>(&wants.what))
            talk_.request = {protocols::Protocol::bind, std::move(bind->from)};
        if (const auto* hangup = std::get_if<protocols::Hangup>(&wants.what))
            talk_.hangup = *hangup;
        return consumed > 0 || !wants.reply.empty();
    }

    Handshake handshake_;
    Verdict verdict_;
    Talk talk_;
};

// `bytes` cut at `cut` (0: whole).
template <class Handshake>
Talk feed_cut(Handshake handshake, std::string_view bytes, std::size_t cut = 0,
              Verdict verdict = accept_all())
{
    Feed<Handshake> feed{std::move(handshake), std::move(verdict)};
    feed.receive(bytes.substr(0, cut));
    feed.receive(bytes.substr(cut));
    return feed.talk();
}

// `bytes` in pieces of `size`.
template <class Handshake>
Talk feed_pieces(Handshake handshake, std::string_view bytes, std::size_t size = 1,
                 Verdict verdict = accept_all())
{
    Feed<Handshake> feed{std::move(handshake), std::move(verdict)};
    for (; !bytes.empty(); bytes.remove_prefix(std::min(size, bytes.size())))
        feed.receive(bytes.substr(0, size));
    return feed.talk();
}

}  // namespace adit::testing
