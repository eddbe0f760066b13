#include "bench/origin.hpp"

#include <array>
#include <cerrno>
#include <string>

#include <sys/socket.h>

namespace adit::bench {
namespace {

// A busy connection gives way to the others after so many calls.
constexpr int max_rounds = 4;

std::array<char, 256 << 10> scratch;  // zeros to speak, and room to hear

// Owns itself: it goes when its peer does.
class Connection final : public Loop::Watcher {
public:
    Connection(Loop& loop, Descriptor socket, Service service)
        : loop_{loop}, socket_{std::move(socket)}, service_{service}
    {
        loop_.watch(socket_.get(), service == Service::source ? EPOLLIN | EPOLLOUT : EPOLLIN,
                    *this);
    }

    void ready(std::uint32_t events) override
    {
        const bool can_hear = (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0;
        bool goes_on = true;
        if (!unsaid_.empty())
            goes_on = say_rest();
        else if (can_hear)
            goes_on = service_ == Service::echo ? echo() : swallow();
        if (goes_on && service_ == Service::source && (events & EPOLLOUT) != 0)
            goes_on = pour();
        if (!goes_on)
            delete this;
    }

private:
    // Each returns false at the end of the connection.
    bool swallow()
    {
        for (int round = 0; round < max_rounds; ++round) {
            const auto count = ::recv(socket_.get(), scratch.data(), scratch.size(),
                                      MSG_DONTWAIT | MSG_TRUNC);  // TCP throws it away uncopied
            if (count <= 0)
                return count < 0 && errno == EAGAIN;
        }
        return true;
    }

    bool pour()
    {
        static const std::array<char, 256 << 10> zeros{};
        for (int round = 0; round < max_rounds; ++round) {
            const auto count = ::send(socket_.get(), zeros.data(), zeros.size(), MSG_NOSIGNAL);
            if (count < 0)
                return errno == EAGAIN;
        }
        return true;
    }

    bool echo()
    {
        const auto heard = ::recv(socket_.get(), scratch.data(), scratch.size(), 0);
        if (heard <= 0)
            return heard < 0 && errno == EAGAIN;
        unsaid_.assign(scratch.data(), static_cast<std::size_t>(heard));
        return say_rest();
    }

    bool say_rest()
    {
        const auto said = ::send(socket_.get(), unsaid_.data(), unsaid_.size(), MSG_NOSIGNAL);
        if (said < 0 && errno != EAGAIN)
            return false;
        unsaid_.erase(0, said < 0 ? 0 : static_cast<std::size_t>(said));
        if (unsaid_.empty() == waiting_) {
            waiting_ = !waiting_;
            loop_.change(socket_.get(), waiting_ ? EPOLLOUT : EPOLLIN, *this);
        }
        return true;
    }

    Loop& loop_;
    Descriptor socket_;
    Service service_;
    std::string unsaid_;
    bool waiting_ = false;  // for room to say what is unsaid
};

}  // namespace

class Origin::Listener final : public Loop::Watcher {
public:
    Listener(Loop& loop, Descriptor socket, Service service)
        : loop_{loop}, socket_{std::move(socket)}, service_{service}
    {
        loop_.watch(socket_.get(), EPOLLIN, *this);
    }

    void ready(std::uint32_t) override
    {
        for (;;) {
            Descriptor accepted{
                ::accept4(socket_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
            if (accepted.get() < 0)
                return;
            new Connection{loop_, std::move(accepted), service_};
        }
    }

private:
    Loop& loop_;
    Descriptor socket_;
    Service service_;
};

std::uint16_t Origin::serve(Service service, const Endpoint& endpoint)
{
    auto socket = listen_on(endpoint);
    const auto port = port_of(socket);
    listeners_.push_back(std::make_unique<Listener>(loop_, std::move(socket), service));
    return port;
}

}  // namespace adit::bench
