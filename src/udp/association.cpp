// Reads whole batches and sends whole batches. What has to wait, for a name, waits by itself. Who may
// be written to is in judging.cpp.
#include "src/udp/association.hpp"

#include <array>
#include <cerrno>
#include <utility>

#include <sys/socket.h>

#include <boost/asio/post.hpp>

namespace adit::udp {

using protocols::Fault;

namespace {

// Batches that are read before others get their turn.
constexpr int turns = 4;

// What may wait for names: datagrams of one destination, bytes of one association.
constexpr std::size_t most_kept = 16;
constexpr std::size_t most_kept_bytes = std::size_t{64} << 10;

}  // namespace

Association::Association(Shared& shared, std::unique_ptr<Judge> judge, adit::Socket& control,
                         protocols::Address client, Socket relay, Census::Place place)
    : shared_{shared},
      judge_{std::move(judge)},
      control_{control},
      client_{std::move(client)},
      relay_{std::move(relay)},
      place_{std::move(place)},
      last_active_{shared.tick}
{
    destinations_.on_leaving = [this](Destination& leaving) { forget_lookup(leaving); };
}

void Association::start(std::function<void(const Totals&)> over)
{
    on_over_ = std::move(over);
    if (over_)
        return tell_end();
    watch_control();
    wait(relay_, &Association::from_client);
}

// The association lives as long as the TCP connection. Nothing that comes in on it means anything.
void Association::watch_control()
{
    control_.async_wait(adit::Socket::wait_read,
                        [self = shared_from_this()](boost::system::error_code error) {
                            if (self->over_)
                                return;
                            if (error)
                                self->finish(End::reset);
                            else
                                self->on_control();
                        });
}

void Association::on_control()
{
    std::array<char, 2048> ignored;
    const auto count =
        ::recv(control_.native_handle(), ignored.data(), ignored.size(), MSG_DONTWAIT);
    if (count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR)))
        return watch_control();
    finish(count == 0 ? End::finished : End::reset);
}

void Association::wait(Socket& socket, Receive receive)
{
    socket.async_wait(Socket::wait_read, [self = shared_from_this(), &socket,
                                          receive](boost::system::error_code error) {
        if (!error && !self->over_)
            self->read(socket, receive);
    });
}

void Association::read(Socket& socket, Receive receive)
{
    now_ = Clock::now();
    for (int turn = 0; turn < turns; ++turn) {
        const auto count = shared_.batch.receive(socket.native_handle());
        if (count > 0)
            (this->*receive)(count);
        if (count < Batch::capacity)
            break;
    }
    wait(socket, receive);
}

// Only a datagram that is well-formed takes the association for its port: anybody on the client's
// machine, and anybody who can forge its address, could send another.
void Association::from_client(std::size_t count)
{
    for (std::size_t i = 0; i < count; ++i) {
        const auto& from = shared_.batch.from(i);
        if (!is_client(from)) {
            ++dropped_.stranger;
            continue;
        }
        const auto datagram = protocols::parse_socks5_datagram(shared_.batch.bytes(i));
        if (!datagram) {
            ++(datagram.error() == Fault::fragment ? dropped_.fragment : dropped_.malformed);
            continue;
        }
        if (!peer_) {
            if (is_from_here(from)) {
                ++dropped_.stranger;
                continue;
            }
            peer_ = from;
        }
        forward(*datagram);
    }
    flush();
}

bool Association::is_client(const Batch::Endpoint& from) const
{
    return peer_ ? from == *peer_ : from.address() == client_;
}

// What an association of somebody else sends must not be taken for this client's: on the gateway's
// own machine both come from the same address.
bool Association::is_from_here(const Batch::Endpoint& from) const
{
    return judge_->is_own(from.address()) && place_.is_outside(from.port());
}

void Association::forward(const protocols::Socks5Datagram& datagram)
{
    auto& destination = destinations_.at(datagram.target);
    prepare(destination);
    switch (destination.state) {
        case State::open:
            return add(destination, datagram.payload);
        case State::looking_up:
            return keep(destination, datagram.payload);
        case State::refused:
            ++dropped_.refused;
            return;
        case State::unresolved:
        case State::unjudged:
            ++dropped_.unresolved;
            return;
    }
}

// The newest go when there are too many: the first one has the question in it.
void Association::keep(Destination& destination, protocols::Bytes payload)
{
    if (destination.waiting.size() == most_kept || kept_ + payload.size() > most_kept_bytes) {
        ++dropped_.unresolved;
        return;
    }
    kept_ += payload.size();
    destination.waiting.emplace_back(protocols::as_text(payload));
}

void Association::add(Destination& destination, protocols::Bytes payload)
{
    const auto& address = *destination.facts.address;
    auto* const socket = outside(address.address.is_v6());
    if (socket == nullptr) {
        ++dropped_.unsendable;
        return;
    }
    if (added_to_ != socket)
        flush();
    added_to_ = socket;
    added_.push_back({&destination, payload.size()});
    shared_.batch.add(payload, {address.address, address.port});
}

void Association::flush()
{
    if (added_.empty())
        return;
    shared_.batch.send(added_to_->native_handle(), [&](std::size_t index, bool sent) {
        auto& counts = added_[index].destination->facts.counts;
        if (!sent) {
            ++dropped_.unsendable;
            return;
        }
        ++counts.sent;
        counts.up += added_[index].size;
        last_active_ = shared_.tick;
    });
    added_.clear();
}

// Null when there is no such socket to be had; then the next datagram tries again.
Socket* Association::outside(bool v6)
{
    auto& socket = outside_[v6 ? 1 : 0];
    if (!socket) {
        const auto any = v6 ? protocols::Address{asio::ip::address_v6::any()}
                            : protocols::Address{asio::ip::address_v4::any()};
        auto opened = open_at(shared_.loop, any);
        if (!opened)
            return nullptr;
        socket.emplace(std::move(*opened));
        place_.sends_from(place_of(*socket).port);
        wait(*socket, &Association::from_outside);
    }
    return &*socket;
}

// Whoever the client has not written to is not heard, and who may not be written to any more is not
// heard any more.
void Association::from_outside(std::size_t count)
{
    std::array<Added, Batch::capacity> answers{};
    std::size_t added = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const auto& from = shared_.batch.from(i);
        const protocols::Endpoint address{from.address(), from.port()};
        auto* const destination = destinations_.answering(address);
        if (destination == nullptr) {
            ++dropped_.unasked;
            continue;
        }
        prepare(*destination);
        if (destination->state == State::refused) {
            ++dropped_.refused;
            continue;
        }
        const auto payload = shared_.batch.bytes(i);
        answers[added++] = {destination, payload.size()};
        shared_.batch.add(payload, *peer_, protocols::socks5_datagram_header(address));
    }
    shared_.batch.send(relay_.native_handle(), [&](std::size_t index, bool sent) {
        auto& counts = answers[index].destination->facts.counts;
        if (!sent) {
            ++dropped_.unsendable;
            return;
        }
        ++counts.received;
        counts.down += answers[index].size;
        last_active_ = shared_.tick;
    });
}

void Association::send_kept(Destination& destination)
{
    for (const auto& payload : destination.waiting) {
        const auto& address = *destination.facts.address;
        auto* const socket = outside(address.address.is_v6());
        const Batch::Endpoint to{address.address, address.port};
        const bool sent =
            socket != nullptr && ::sendto(socket->native_handle(), payload.data(), payload.size(),
                                          MSG_DONTWAIT | MSG_NOSIGNAL, to.data(),
                                          static_cast<socklen_t>(to.size())) >= 0;
        if (!sent) {
            ++dropped_.unsendable;
            continue;
        }
        ++destination.facts.counts.sent;
        destination.facts.counts.up += payload.size();
        last_active_ = shared_.tick;
    }
}

void Association::forget_lookup(Destination& destination)
{
    if (!destination.lookup)
        return;
    --looking_up_;
    for (const auto& payload : destination.waiting)
        kept_ -= payload.size();
    destination.waiting = {};
    destination.lookup.reset();
}

void Association::finish(End end)
{
    if (std::exchange(over_, true))
        return;
    end_ = end;
    boost::system::error_code closed_anyway;
    relay_.close(closed_anyway);
    for (auto& socket : outside_)
        if (socket)
            socket->close(closed_anyway);
    if (on_over_)
        tell_end();
}

void Association::tell_end()
{
    asio::post(shared_.loop, [self = shared_from_this()] {
        Totals totals{self->end_, {}};
        self->destinations_.tell(totals.traffic);
        totals.traffic.dropped = self->dropped_;
        std::exchange(self->on_over_, {})(totals);
    });
}

}  // namespace adit::udp
