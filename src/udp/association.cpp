// Reads whole batches and sends whole batches. What has to wait, for a name, waits by itself.
#include "src/udp/association.hpp"

#include <array>
#include <cerrno>
#include <utility>

#include <sys/socket.h>

#include <boost/asio/post.hpp>

namespace adit::udp {

using namespace std::chrono_literals;
using protocols::Fault;

namespace {

// Batches that are read before others get their turn.
constexpr int turns = 4;

// What may wait for names: datagrams of one destination, bytes and look-ups of one association.
constexpr std::size_t most_kept = 16;
constexpr std::size_t most_kept_bytes = std::size_t{64} << 10;
constexpr std::size_t most_lookups = 32;

// Of one name, as for a dial.
constexpr std::size_t most_addresses = 16;

// A verdict is asked for again after this long, for rules have times of their own.
constexpr auto verdict_life = 1s;
constexpr auto failure_life = 5s;

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

// Afterwards its state is that of now.
void Association::prepare(Destination& destination)
{
    const auto policy = judge_->policy();
    const bool fresh = destination.policy == policy && now_ - destination.judged < verdict_life;
    if (destination.state == State::looking_up || (fresh && destination.state != State::unjudged))
        return;
    destination.policy = policy;
    destination.judged = now_;

    const auto& target = destination.facts.target;
    if (const auto* literal = std::get_if<protocols::Address>(&target.host)) {
        destination.addresses = {*literal};
        choose(destination, true);
        return;
    }
    if (const auto refused = judge_->refuse_by_name(target))
        return decide(destination, *refused);
    const bool believed = is_known(destination);
    if (!believed && !destination.lookup)
        look_up(destination);
    // A flow does not wait while its name is looked up again.
    if (believed || (destination.lookup && !destination.addresses.empty()))
        choose(destination, true);
}

bool Association::is_known(const Destination& destination) const
{
    const auto life = destination.addresses.empty() ? failure_life : shared_.addresses_life;
    return destination.looked_up && now_ - *destination.looked_up < life;
}

void Association::look_up(Destination& destination)
{
    if (looking_up_ == most_lookups) {
        if (destination.addresses.empty())
            destination.state = State::unresolved;
        else
            choose(destination, true);
        return;
    }
    ++looking_up_;
    if (destination.addresses.empty())
        destination.state = State::looking_up;
    destination.lookup = std::make_unique<dial::Lookup>(
        shared_.resolver, std::get<protocols::Domain>(destination.facts.target.host),
        [&loop = shared_.loop, association = weak_from_this()] {
            asio::post(loop, [association] {
                if (const auto self = association.lock(); self && !self->over_)
                    self->on_answers();
            });
        });
    take_answers(destination);
}

void Association::on_answers()
{
    now_ = Clock::now();
    destinations_.each([this](Destination& destination) {
        if (destination.lookup)
            take_answers(destination);
    });
}

// IPv4 first: nothing tells whether a datagram over IPv6 arrived, and nobody would try again. Where
// DNS itself has failed, the addresses that are known stay for now.
void Association::take_answers(Destination& destination)
{
    const auto& v4 = destination.lookup->answer(dial::Family::ipv4);
    const auto& v6 = destination.lookup->answer(dial::Family::ipv6);
    if (!v4)
        return;
    std::vector<protocols::Address> found;
    for (const auto* answer : {&v4, &v6})
        if (*answer)
            for (const auto& address : (*answer)->addresses)
                if (found.size() < most_addresses)
                    found.push_back(protocols::unmapped(address));
    if (found.empty() && !destination.addresses.empty()) {
        if (!v6)
            return;
        if (v4->found == dial::Found::failed || v6->found == dial::Found::failed) {
            destination.looked_up = now_ - shared_.addresses_life + failure_life;
            return forget_lookup(destination);
        }
    }
    destination.addresses = std::move(found);
    destination.policy = judge_->policy();
    destination.judged = now_;
    const bool decided = choose(destination, v6.has_value());
    if (!decided)
        return;
    destination.looked_up = now_;
    if (destination.state == State::open)
        send_kept(destination);
    else if (destination.state == State::refused)
        dropped_.refused += destination.waiting.size();
    else
        dropped_.unresolved += destination.waiting.size();
    forget_lookup(destination);
}

// The first address that is allowed, if something can be said already. A refusal is said only when all of them are known.
bool Association::choose(Destination& destination, bool complete)
{
    std::optional<policy::Decision> refusal;
    for (const auto& address : destination.addresses) {
        const auto decision = judge_->judge(destination.facts.target, address);
        if (decision.allowed()) {
            destinations_.answers_from(destination, {address, destination.facts.target.port});
            decide(destination, decision);
            return true;
        }
        if (!refusal)
            refusal = decision;
    }
    if (!complete)
        return false;
    if (refusal) {
        decide(destination, *refusal);
    } else {
        destination.state = State::unresolved;
        destinations_.answers_no_more(destination);
    }
    return true;
}

void Association::decide(Destination& destination, const policy::Decision& decision)
{
    destination.state = decision.allowed() ? State::open : State::refused;
    destination.facts.verdict = decision.verdict;
    destination.facts.rule = decision.rule_name();
    destination.facts.reason = word(decision.reason);
    const auto would = decision.would.value_or(policy::Would{});
    destination.facts.would = decision.would ? would.verdict_word() : std::string_view{};
    destination.facts.would_rule = would.rule_name();
    if (decision.refused())
        destinations_.answers_no_more(destination);
    if (std::exchange(destination.counted, destination.policy) != destination.policy)
        judge_->decided(decision);
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
