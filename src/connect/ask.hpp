// Asks a proxy for a tunnel: drives the client's half of the handshake over the stream.
#pragma once

#include <string>
#include <variant>

#include "protocols/client/conversation.hpp"
#include "protocols/client/http_client.hpp"
#include "protocols/client/socks4_client.hpp"
#include "protocols/client/socks5_client.hpp"
#include "src/connect/stream.hpp"

namespace adit::connect {

using Conversation = std::variant<protocols::client::HttpClient, protocols::client::Socks5Client,
                                  protocols::client::Socks4Client>;

// The tunnel stands; the destination's first bytes may have come with the answer.
struct Opened {
    std::string early;
};

// The proxy gave no answer that can be used: broken off, too slow, not understood.
struct NoAnswer {
    std::string why;
};

std::variant<Opened, protocols::client::Refused, NoAnswer> ask(Stream& stream,
                                                               Conversation conversation,
                                                               Moment until);

}  // namespace adit::connect
