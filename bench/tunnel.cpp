// The answer to a request is taken from the socket up to its last byte and no further: the origin may have spoken already,
// and what it said is the load's.
#include "bench/tunnel.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <exception>

#include <sys/socket.h>

namespace adit::bench {
namespace {

constexpr std::string_view greeting{"\x05\x01\x00", 3};  // RFC 1928 §3: one method, no login
constexpr std::string_view no_login{"\x05\x00", 2};
constexpr std::size_t socks_answer_size = 10;  // RFC 1928 §6, with an IPv4 address

std::string socks_request(const Route& route)
{
    std::string request{"\x05\x01\x00", 3};
    const auto raw = route.target.raw();
    if (route.name.empty()) {
        request += '\x01';
        request.append(reinterpret_cast<const char*>(&raw.sin_addr), sizeof raw.sin_addr);
    } else {
        request += '\x03';
        request += static_cast<char>(route.name.size());
        request += route.name;
    }
    request.append(reinterpret_cast<const char*>(&raw.sin_port), sizeof raw.sin_port);
    return request;
}

std::string http_request(const Route& route)
{
    const auto authority = route.name.empty()
                               ? route.target.text()
                               : route.name + ":" + std::to_string(route.target.port);
    return "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n\r\n";
}

}  // namespace

void Tunnel::open()
{
    stage_ = Stage::connecting;
    heard_.clear();
    try {
        socket_ = begin_connect(route_.proxy);
    } catch (const std::exception& error) {
        return failed(error.what());
    }
    loop_.watch(socket_.get(), EPOLLOUT, *this);
}

void Tunnel::ready(std::uint32_t events)
{
    if (stage_ == Stage::stands)
        stirred(events);
    else if (stage_ == Stage::connecting)
        connected();
    else
        hear();
}

void Tunnel::connected()
{
    if (const int error = connect_error(socket_); error != 0)
        return failed(std::string{"connect: "} + std::strerror(error));
    if (route_.protocol == Protocol::direct)
        return stand();
    expect(EPOLLIN);
    if (route_.protocol == Protocol::connect)
        return request();
    stage_ = Stage::greeting;
    if (!say(greeting))
        failed("the greeting does not go out");
}

void Tunnel::request()
{
    stage_ = Stage::requesting;
    const bool is_socks = route_.protocol == Protocol::socks5;
    if (!say(is_socks ? socks_request(route_) : http_request(route_)))
        failed("the request does not go out");
}

void Tunnel::hear()
{
    if (stage_ == Stage::greeting)
        hear_greeting();
    else
        hear_answer();
}

// Nothing may follow the choice of a method, so all that comes belongs to it.
void Tunnel::hear_greeting()
{
    std::array<char, 2> piece;
    const auto count = ::recv(socket_.get(), piece.data(), no_login.size() - heard_.size(), 0);
    if (count <= 0)
        return failed("closed at the greeting");
    heard_.append(piece.data(), static_cast<std::size_t>(count));
    if (heard_.size() < no_login.size())
        return;
    if (heard_ != no_login)
        return failed("the proxy wants a login");
    heard_.clear();
    request();
}

void Tunnel::hear_answer()
{
    const bool is_socks = route_.protocol == Protocol::socks5;
    if (is_socks ? hear_socks_answer() : hear_http_answer())
        stand();
}

// Both return true when the answer is complete and says yes.
bool Tunnel::hear_socks_answer()
{
    std::array<char, socks_answer_size> piece;
    const auto count = ::recv(socket_.get(), piece.data(), piece.size() - heard_.size(), 0);
    if (count > 0)
        heard_.append(piece.data(), static_cast<std::size_t>(count));
    const bool is_refused = heard_.size() > 1 && heard_[1] != 0;
    if (count <= 0 || is_refused) {
        failed(is_refused ? "the proxy refuses with " + std::to_string(heard_[1])
                          : "closed at the request");
        return false;
    }
    return heard_.size() == socks_answer_size;
}

bool Tunnel::hear_http_answer()
{
    constexpr std::string_view end_of_head = "\r\n\r\n";
    std::array<char, 2048> piece;
    const auto seen = ::recv(socket_.get(), piece.data(), piece.size(), MSG_PEEK);
    if (seen <= 0) {
        failed("closed at the request");
        return false;
    }
    const auto before = heard_.size();
    heard_.append(piece.data(), static_cast<std::size_t>(seen));
    const auto end = heard_.find(end_of_head);
    if (end != std::string::npos)
        heard_.resize(end + end_of_head.size());
    (void)::recv(socket_.get(), piece.data(), heard_.size() - before, 0);  // peeked at just now
    if (end == std::string::npos)
        return false;
    const auto space = heard_.find(' ');
    if (heard_.compare(space, 4, " 200") == 0)
        return true;
    failed("the proxy answers " + heard_.substr(0, heard_.find('\r')));
    return false;
}

void Tunnel::stand()
{
    stage_ = Stage::stands;
    std::string{}.swap(heard_);
    expect(EPOLLIN);
    opened();
}

bool Tunnel::say(std::string_view bytes)
{
    const auto said = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return said == static_cast<ssize_t>(bytes.size());
}

}  // namespace adit::bench
