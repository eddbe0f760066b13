// A DNS server for tests: UDP and TCP on a free port of loopback, on the test's own loop. It says what it was told to say, keeps
// silent or waits for its cue, and counts what it was asked. Names that it was told nothing about do not exist.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>

#include "protocols/target.hpp"
#include "src/dial/name_cache.hpp"

namespace adit::tests {

class DnsServer {
public:
    using Family = dial::Family;
    using Addresses = std::vector<protocols::Address>;

    enum Code : std::uint8_t { no_error = 0, server_failure = 2, no_such_name = 3, refused = 5 };

    explicit DnsServer(boost::asio::io_context& loop);
    DnsServer(boost::asio::io_context& loop, const protocols::Endpoint& at);

    protocols::Endpoint endpoint() const;

    // The other family of the name then has no address, unless it is given some.
    void answers(const std::string& name, Family family, Addresses addresses,
                 std::uint32_t ttl = 60);
    // The same through a CNAME with a TTL of its own.
    void answers_by_alias(const std::string& name, Family family, Addresses addresses,
                          std::uint32_t alias_ttl, std::uint32_t ttl);
    void says(const std::string& name, Code code);
    void is_silent_about(const std::string& name);
    void is_silent_about(const std::string& name, Family family);

    // Questions of this name and family are kept until release() answers them as scripted by then.
    void holds(const std::string& name, Family family);
    void release(const std::string& name, Family family);

    // How often it was asked, repetitions included.
    std::size_t asked(const std::string& name, Family family) const;
    std::size_t asked() const { return asked_in_all_; }

private:
    using Key = std::pair<std::string, Family>;
    using Bytes = std::vector<std::uint8_t>;
    using Udp = boost::asio::ip::udp;
    using Tcp = boost::asio::ip::tcp;

    struct Script {
        Code code = no_error;
        bool silent = false;
        bool held = false;
        Addresses addresses;
        std::uint32_t ttl = 60;
        std::optional<std::uint32_t> alias_ttl;
    };
    struct Query {
        Key key;
        Bytes question;  // as it stood in the packet
        std::array<std::uint8_t, 2> id{};
        std::size_t most = 512;  // bytes of an answer: RFC 1035 §4.2.1 without EDNS
        std::function<void(const Bytes& reply)> send;
    };
    struct Visitor;  // by TCP

    void receive();
    void accept();
    void receive(const std::shared_ptr<Visitor>& visitor);
    void hear(const Bytes& packet, std::size_t most, std::function<void(const Bytes&)> send);
    static std::optional<Query> parse(const Bytes& packet);
    void respond(const Query& query);
    Bytes reply_to(const Query& query) const;
    const Script* script_of(const Key& key) const;

    Tcp::acceptor acceptor_;
    Udp::socket socket_;
    Bytes buffer_;
    Udp::endpoint from_;
    std::map<Key, Script> scripts_;
    std::map<Key, std::size_t> asked_;
    std::size_t asked_in_all_ = 0;
    std::vector<Query> held_;
};

}  // namespace adit::tests
