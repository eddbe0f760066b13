#include "src/relay/side.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "src/loop/socket_options.hpp"

namespace adit::relay {
namespace {

// A side that was read so often without saying what is left is asked to tell.
constexpr std::uint8_t patience = 2;

bool would_block(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK;
}

}  // namespace

// With TCP_INQ the kernel tells what is left, so that nobody need ask again to be told EAGAIN. What
// is left counts at least one when a FIN is; of a reset it tells nothing.
Progress Side::receive(std::span<std::uint8_t> into)
{
    if (tls_ != nullptr)
        return tls_->receive(into);
    iovec room{into.data(), into.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control;
    msghdr message{};
    message.msg_iov = &room;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    ssize_t count = 0;
    do
        count = ::recvmsg(socket_->native_handle(), &message, MSG_DONTWAIT);
    while (count < 0 && errno == EINTR);
    if (count == 0)
        return {0, Then::ended};
    if (count < 0)
        return {0, would_block(errno) ? Then::when_readable : Then::broken};

    const auto bytes = static_cast<std::size_t>(count);
    const auto* told = CMSG_FIRSTHDR(&message);
    if (told == nullptr || told->cmsg_type != TCP_CM_INQ) {
        ask_for_rest();
        return {bytes, Then::go_on};
    }
    int left = 0;
    std::memcpy(&left, CMSG_DATA(told), sizeof left);
    const bool is_all = left == 0 && !socket_->is_hung_up();
    return {bytes, is_all ? Then::when_readable : Then::go_on};
}

// One call that spares one for each message; short tunnels are spared it.
void Side::ask_for_rest()
{
    if (silent_reads_ > patience)
        return;  // asked already; it has no such option
    if (silent_reads_++ == patience)
        tell_what_is_left(socket_->native_handle());
}

Progress Side::send(std::span<const std::uint8_t> bytes)
{
    if (tls_ != nullptr)
        return tls_->send(bytes);
    if (undelayed_from_ > 0 && --undelayed_from_ == 0)
        set_no_delay(socket_->native_handle());
    ssize_t count = 0;
    do
        count = ::send(socket_->native_handle(), bytes.data(), bytes.size(),
                       MSG_DONTWAIT | MSG_NOSIGNAL);
    while (count < 0 && errno == EINTR);
    if (count < 0)
        return {0, would_block(errno) ? Then::when_writable : Then::broken};
    const auto sent = static_cast<std::size_t>(count);
    return {sent, sent == bytes.size() ? Then::go_on : Then::when_writable};
}

Then Side::say_end()
{
    if (tls_ != nullptr) {
        const auto said = tls_->say_end();
        if (said == Then::when_readable || said == Then::when_writable)
            return said;
    }
    boost::system::error_code gone;
    socket_->shutdown(Socket::shutdown_send, gone);
    return gone ? Then::broken : Then::go_on;
}

void Side::reset()
{
    boost::system::error_code
        ignored;  // the socket may be gone already; there is nobody left to tell
    socket_->set_option(asio::socket_base::linger{true, 0}, ignored);
    socket_->close(ignored);
}

void Side::close()
{
    boost::system::error_code ignored;  // closing only gives back the descriptor
    socket_->close(ignored);
}

}  // namespace adit::relay
