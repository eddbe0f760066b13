#include "src/connect/reach.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "src/control/address.hpp"

namespace adit::connect {
namespace {

namespace ip = boost::asio::ip;
using protocols::Address;

template <class T>
Result<T, std::string> fail(std::string words)
{
    return {boost::system::in_place_error, std::move(words)};
}

// One question to getaddrinfo_a(3), which answers from a thread of its own. When that has not come
// back in time, the question is left to it: the memory is freed by the end of the process.
struct Question {
    std::string name;
    addrinfo hints{};
    gaicb request{};
};

std::vector<Address> addresses_in(const addrinfo* list)
{
    std::vector<Address> found;
    for (const auto* one = list; one != nullptr; one = one->ai_next) {
        Address address;
        if (one->ai_family == AF_INET) {
            const auto* v4 = reinterpret_cast<const sockaddr_in*>(one->ai_addr);
            address = ip::address_v4{ntohl(v4->sin_addr.s_addr)};
        } else if (one->ai_family == AF_INET6) {
            const auto* v6 = reinterpret_cast<const sockaddr_in6*>(one->ai_addr);
            ip::address_v6::bytes_type bytes;
            std::copy(std::begin(v6->sin6_addr.s6_addr), std::end(v6->sin6_addr.s6_addr),
                      bytes.begin());
            address = ip::address_v6{bytes};
        } else {
            continue;
        }
        if (std::find(found.begin(), found.end(), address) == found.end())
            found.push_back(address);
    }
    return found;
}

// Waits for the answer. Gives a code of getaddrinfo(3); EAI_INPROGRESS when the time is over.
int wait_for_answer(gaicb& request, Moment until)
{
    const gaicb* list[] = {&request};
    for (;;) {
        const int code = ::gai_error(&request);
        const auto left = left_until(until);
        if (code != EAI_INPROGRESS || left.count() == 0)
            return code;
        const timespec wait{static_cast<time_t>(left.count() / 1000),
                            static_cast<long>(left.count() % 1000 * 1'000'000)};
        (void)::gai_suspend(list, 1, &wait);  // gai_error() tells what came of it
    }
}

Result<Descriptor, std::string> connect_to(int family, const sockaddr* address, socklen_t size,
                                           Moment until)
{
    Descriptor socket{::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket.is_open())
        return fail<Descriptor>(std::strerror(errno));
    if (::connect(socket.get(), address, size) != 0) {
        if (errno != EINPROGRESS && errno != EINTR)
            return fail<Descriptor>(std::strerror(errno));
        if (!wait_for(socket.get(), POLLOUT, until))
            return fail<Descriptor>("no answer in time");
        int error = 0;
        socklen_t length = sizeof error;
        if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &length) != 0)
            error = errno;
        if (error != 0)
            return fail<Descriptor>(std::strerror(error));
    }
    return {boost::system::in_place_value, std::move(socket)};
}

// Small messages go out at once, and a peer that is gone without a word is found out in the end.
void tune(const Descriptor& socket)
{
    const int on = 1;
    (void)::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)::setsockopt(socket.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

Result<Descriptor, std::string> connect_to(const Address& address, std::uint16_t port, Moment until)
{
    if (address.is_v4()) {
        sockaddr_in v4{};
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        v4.sin_addr.s_addr = htonl(address.to_v4().to_uint());
        return connect_to(AF_INET, reinterpret_cast<const sockaddr*>(&v4), sizeof v4, until);
    }
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    const auto bytes = address.to_v6().to_bytes();
    std::copy(bytes.begin(), bytes.end(), std::begin(v6.sin6_addr.s6_addr));
    return connect_to(AF_INET6, reinterpret_cast<const sockaddr*>(&v6), sizeof v6, until);
}

Result<Descriptor, std::string> connect_by_path(const std::string& path, Moment until)
{
    const auto address = control::Address::of(path);
    if (!address)
        return fail<Descriptor>("the path is longer than 107 bytes");
    return connect_to(AF_UNIX, address->get(), control::Address::size(), until);
}

Result<Descriptor, std::string> connect_by_name(const protocols::Target& where, Moment until)
{
    const auto found = look_up(where.host, until);
    if (!found)
        return fail<Descriptor>(found.error());
    std::string why;
    for (std::size_t i = 0; i < found->size(); ++i) {
        const auto share = left_until(until) / static_cast<long>(found->size() - i);
        auto socket = connect_to((*found)[i], where.port, Clock::now() + share);
        if (socket) {
            tune(*socket);
            return socket;
        }
        why += fmt::format("{}{}", why.empty() ? "" : "; ", socket.error());
        if (!(protocols::Host{(*found)[i]} == where.host))
            why += fmt::format(" ({})", (*found)[i].to_string());
    }
    return fail<Descriptor>(why);
}

}  // namespace

Result<std::vector<Address>, std::string> look_up(const protocols::Host& host, Moment until)
{
    using Addresses = std::vector<Address>;
    if (const auto* literal = std::get_if<Address>(&host))
        return Addresses{*literal};
    auto* question = new Question{protocols::to_text(host), {}, {}};
    question->hints.ai_socktype = SOCK_STREAM;
    question->request.ar_name = question->name.c_str();
    question->request.ar_request = &question->hints;
    gaicb* list[] = {&question->request};
    int code = ::getaddrinfo_a(GAI_NOWAIT, list, 1, nullptr);
    if (code == 0)
        code = wait_for_answer(question->request, until);
    if (code == EAI_INPROGRESS)
        return fail<Addresses>("its name was not resolved in time");
    const std::unique_ptr<Question> ours{question};
    if (code != 0)
        return fail<Addresses>(
            fmt::format("its name cannot be resolved: {}", ::gai_strerror(code)));
    auto found = addresses_in(ours->request.ar_result);
    ::freeaddrinfo(ours->request.ar_result);
    if (found.empty())
        return fail<Addresses>("its name has no address");
    return found;
}

Result<std::unique_ptr<Stream>, std::string> reach(const protocols::client::ProxyUrl& proxy,
                                                   const Trust& trust, Moment until)
{
    using Reached = std::unique_ptr<Stream>;
    if (const auto* path = std::get_if<std::string>(&proxy.where)) {
        auto socket = connect_by_path(*path, until);
        if (!socket)
            return fail<Reached>(socket.error());
        return Reached{std::make_unique<PlainStream>(std::move(*socket))};
    }
    const auto& where = std::get<protocols::Target>(proxy.where);
    auto socket = connect_by_name(where, until);
    if (!socket)
        return fail<Reached>(socket.error());
    if (proxy.scheme == protocols::client::Scheme::https)
        return start_tls(std::move(*socket), where.host, trust, until);
    return Reached{std::make_unique<PlainStream>(std::move(*socket))};
}

}  // namespace adit::connect
