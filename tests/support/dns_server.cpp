#include "tests/support/dns_server.hpp"

#include <algorithm>
#include <cctype>

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

namespace adit::tests {
namespace {

namespace asio = boost::asio;
using Bytes = std::vector<std::uint8_t>;

// RFC 1035 §4.1.1 and §3.2.2, RFC 3596 §2.1.
constexpr std::size_t header_size = 12;
constexpr std::uint16_t type_a = 1;
constexpr std::uint16_t type_cname = 5;
constexpr std::uint16_t type_aaaa = 28;
constexpr std::uint16_t class_in = 1;
constexpr std::uint16_t name_of_question = 0xC000 | header_size;  // §4.1.4: a pointer

void put(Bytes& to, std::uint16_t value)
{
    to.push_back(static_cast<std::uint8_t>(value >> 8));
    to.push_back(static_cast<std::uint8_t>(value));
}

void put(Bytes& to, std::uint32_t value)
{
    put(to, static_cast<std::uint16_t>(value >> 16));
    put(to, static_cast<std::uint16_t>(value));
}

// NAME | TYPE | CLASS | TTL | RDLENGTH | RDATA
void put_record(Bytes& to, std::uint16_t name, std::uint16_t type, std::uint32_t ttl,
                const Bytes& value)
{
    put(to, name);
    put(to, type);
    put(to, class_in);
    put(to, ttl);
    put(to, static_cast<std::uint16_t>(value.size()));
    to.insert(to.end(), value.begin(), value.end());
}

Bytes bytes_of(const protocols::Address& address)
{
    if (address.is_v6()) {
        const auto bytes = address.to_v6().to_bytes();
        return {bytes.begin(), bytes.end()};
    }
    const auto bytes = address.to_v4().to_bytes();
    return {bytes.begin(), bytes.end()};
}

}  // namespace

struct DnsServer::Visitor {
    explicit Visitor(Tcp::socket accepted) : socket{std::move(accepted)} {}

    Tcp::socket socket;
    std::array<std::uint8_t, 2> length{};  // RFC 1035 §4.2.2: before each message
    Bytes message;
};

DnsServer::DnsServer(asio::io_context& loop)
    : DnsServer{loop, {asio::ip::address_v4::loopback(), 0}}
{
}

DnsServer::DnsServer(asio::io_context& loop, const protocols::Endpoint& at)
    // TCP first: its ports are the scarce ones, when other tests run beside this one.
    : acceptor_{loop, Tcp::endpoint{at.address, at.port}},
      socket_{loop, Udp::endpoint{at.address, acceptor_.local_endpoint().port()}},
      buffer_(2048)
{
    receive();
    accept();
}

protocols::Endpoint DnsServer::endpoint() const
{
    const auto bound = socket_.local_endpoint();
    return {bound.address(), bound.port()};
}

void DnsServer::answers(const std::string& name, Family family, Addresses addresses,
                        std::uint32_t ttl)
{
    auto& script = scripts_[{name, family}];
    script.addresses = std::move(addresses);
    script.ttl = ttl;
}

void DnsServer::answers_by_alias(const std::string& name, Family family, Addresses addresses,
                                 std::uint32_t alias_ttl, std::uint32_t ttl)
{
    answers(name, family, std::move(addresses), ttl);
    scripts_[{name, family}].alias_ttl = alias_ttl;
}

void DnsServer::says(const std::string& name, Code code)
{
    for (const auto family : {Family::ipv4, Family::ipv6})
        scripts_[{name, family}].code = code;
}

void DnsServer::is_silent_about(const std::string& name)
{
    for (const auto family : {Family::ipv4, Family::ipv6})
        is_silent_about(name, family);
}

void DnsServer::is_silent_about(const std::string& name, Family family)
{
    scripts_[{name, family}].silent = true;
}

void DnsServer::holds(const std::string& name, Family family)
{
    scripts_[{name, family}].held = true;
}

void DnsServer::release(const std::string& name, Family family)
{
    const Key key{name, family};
    scripts_[key].held = false;
    for (const auto& query : held_)
        if (query.key == key)
            respond(query);
    std::erase_if(held_, [&](const Query& query) { return query.key == key; });
}

std::size_t DnsServer::asked(const std::string& name, Family family) const
{
    const auto count = asked_.find({name, family});
    return count == asked_.end() ? 0 : count->second;
}

void DnsServer::receive()
{
    socket_.async_receive_from(
        asio::buffer(buffer_), from_, [this](boost::system::error_code closed, std::size_t size) {
            if (closed)
                return;
            hear({buffer_.data(), buffer_.data() + size}, 512,
                 [this, to = from_](const Bytes& reply) {
                     boost::system::error_code
                         gone;  // whoever asked has closed; nobody misses the answer
                     socket_.send_to(asio::buffer(reply), to, 0, gone);
                 });
            receive();
        });
}

void DnsServer::accept()
{
    acceptor_.async_accept([this](boost::system::error_code closed, Tcp::socket socket) {
        if (closed)
            return;
        receive(std::make_shared<Visitor>(std::move(socket)));
        accept();
    });
}

void DnsServer::receive(const std::shared_ptr<Visitor>& visitor)
{
    const auto on_message = [this, visitor](boost::system::error_code closed, std::size_t) {
        if (closed)
            return;
        hear(visitor->message, 65535, [visitor](const Bytes& reply) {
            Bytes framed;
            put(framed, static_cast<std::uint16_t>(reply.size()));
            framed.insert(framed.end(), reply.begin(), reply.end());
            boost::system::error_code gone;
            asio::write(visitor->socket, asio::buffer(framed), gone);
        });
        receive(visitor);
    };
    const auto on_length = [visitor, on_message](boost::system::error_code closed, std::size_t) {
        if (closed)
            return;
        visitor->message.resize(visitor->length[0] << 8 | visitor->length[1]);
        asio::async_read(visitor->socket, asio::buffer(visitor->message), on_message);
    };
    asio::async_read(visitor->socket, asio::buffer(visitor->length), on_length);
}

void DnsServer::hear(const Bytes& packet, std::size_t most, std::function<void(const Bytes&)> send)
{
    auto query = parse(packet);
    if (!query)
        return;
    query->most = most;
    query->send = std::move(send);
    ++asked_[query->key];
    ++asked_in_all_;
    respond(*query);
}

// RFC 1035 §4.1.2:  QNAME: { length(1) | label }... 0 | QTYPE(2) | QCLASS(2)
std::optional<DnsServer::Query> DnsServer::parse(const Bytes& packet)
{
    std::string name;
    auto at = header_size;
    while (at < packet.size() && packet[at] != 0) {
        const std::size_t length = packet[at++];
        if (at + length > packet.size())
            return std::nullopt;
        if (!name.empty())
            name += '.';
        for (const auto end = at + length; at < end; ++at)
            name += static_cast<char>(std::tolower(packet[at]));
    }
    if (at + 5 > packet.size())
        return std::nullopt;
    const auto type = static_cast<std::uint16_t>(packet[at + 1] << 8 | packet[at + 2]);
    if (type != type_a && type != type_aaaa)
        return std::nullopt;
    Query query;
    query.key = {name, type == type_a ? Family::ipv4 : Family::ipv6};
    query.question = {packet.data() + header_size, packet.data() + at + 5};
    query.id = {packet[0], packet[1]};
    return query;
}

void DnsServer::respond(const Query& query)
{
    const auto* script = script_of(query.key);
    if (script != nullptr && script->silent)
        return;
    if (script != nullptr && script->held) {
        held_.push_back(query);
        return;
    }
    auto reply = reply_to(query);
    if (reply.size() > query.most) {
        constexpr std::uint8_t truncated = 0x02;
        reply.resize(query.most);
        reply[2] |= truncated;
    }
    query.send(reply);
}

DnsServer::Bytes DnsServer::reply_to(const Query& query) const
{
    const auto* script = script_of(query.key);
    const bool known = script != nullptr || scripts_.contains({query.key.first, Family::ipv4}) ||
                       scripts_.contains({query.key.first, Family::ipv6});
    const Script says_nothing;
    const auto& says = script != nullptr ? *script : says_nothing;
    const auto code = known ? says.code : no_such_name;
    const bool aliased = says.alias_ttl.has_value();
    const auto count = code == no_error ? says.addresses.size() + (aliased ? 1 : 0) : 0;

    // ID | QR, RD, RA, RCODE | QDCOUNT | ANCOUNT | NSCOUNT | ARCOUNT
    Bytes reply{query.id[0], query.id[1]};
    put(reply, static_cast<std::uint16_t>(0x8180 | code));
    put(reply, std::uint16_t{1});
    put(reply, static_cast<std::uint16_t>(count));
    put(reply, std::uint32_t{0});
    reply.insert(reply.end(), query.question.begin(), query.question.end());
    if (count == 0)
        return reply;

    auto owner = name_of_question;
    if (aliased) {
        constexpr std::size_t before_value = 12;
        const auto alias_at = reply.size() + before_value;
        put_record(reply, owner, type_cname, *says.alias_ttl, {5, 'a', 'l', 'i', 'a', 's', 0});
        owner = static_cast<std::uint16_t>(0xC000 | alias_at);
    }
    const auto type = query.key.second == Family::ipv4 ? type_a : type_aaaa;
    for (const auto& address : says.addresses)
        put_record(reply, owner, type, says.ttl, bytes_of(address));
    return reply;
}

const DnsServer::Script* DnsServer::script_of(const Key& key) const
{
    const auto found = scripts_.find(key);
    return found == scripts_.end() ? nullptr : &found->second;
}

}  // namespace adit::tests
