// What comes before a handshake where a proxy stands in front: the header that tells who the client
// is. Only listed sources may send one, and they must; nobody else is asked, and nothing is guessed.
#include "protocols/proxy_protocol.hpp"

#include "src/gateway/session.hpp"
#include "src/gateway/worker.hpp"

namespace adit::gateway {

// False when the connection is over, and has been recorded if it is worth a record.
Awaitable<bool> Session::introduced()
{
    const auto& peer = client_.peer().endpoint;
    const bool must =
        listener_->proxies && peer &&
        listener_->proxies->contains_client(peer->address, worker_.snapshot()->around);
    if (!must)
        co_return true;

    for (;;) {
        const auto step = protocols::parse_proxy_header(client_.received());
        if (const auto* header = std::get_if<protocols::Done<protocols::ProxyHeader>>(&step)) {
            client_.consume(header->consumed);
            if (!header->value.client) {
                health_check_ = true;  // the proxy asks for itself whether we are there
                co_return false;
            }
            chronicle_.carried(*header->value.client);
            client_.stands_for(*header->value.client);
            co_return true;
        }
        if (const auto* wrong = std::get_if<protocols::Malformed>(&step)) {
            chronicle_.protocol("unknown");
            chronicle_.reason(words(wrong->fault));
            chronicle_.outcome(bad_proxy_header);
            co_return false;
        }
        const auto heard = co_await client_.receive();
        if (!heard) {
            cut_short();
            co_return false;
        }
    }
}

// Some of the header came, or nothing.
void Session::cut_short()
{
    if (client_.received().empty())
        return silent();
    chronicle_.protocol("unknown");
    chronicle_.outcome(interruption_ == Interruption::none       ? client_gone
                       : interruption_ == Interruption::stopping ? stopped
                                                                 : handshake_timeout);
}

}  // namespace adit::gateway
