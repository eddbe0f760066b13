#include "src/dial/connect.hpp"

#include <cerrno>

#include <sys/socket.h>
#include <unistd.h>

namespace adit::dial {

using protocols::Ending;

namespace {

// A port that says "no" tells more than a host that nobody found, and that more than a family for
// which this gateway has no route.
int weight(Ending ending)
{
    switch (ending) {
        case Ending::refused:
            return 5;
        case Ending::host_unreachable:
            return 4;
        case Ending::limit:
            return 3;
        case Ending::network_unreachable:
            return 2;
        case Ending::timed_out:
            return 1;
        default:
            return 0;
    }
}

}  // namespace

int begin_connect(Socket& socket, const tcp::endpoint& to)
{
    // Asio's own open() leaves the descriptor to programs we might start.
    const int descriptor =
        ::socket(to.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (descriptor < 0)
        return errno;
    boost::system::error_code error;
    socket.adopt(to.protocol(), descriptor, error);
    if (error) {
        ::close(descriptor);
        return error.value();
    }
    socket.be_quiet();
    const auto error_of_connect = [&] {
        return ::connect(descriptor, to.data(), static_cast<socklen_t>(to.size())) == 0 ? 0 : errno;
    };
    const int begun = error_of_connect();
    if (begun != EINPROGRESS || !to.address().is_loopback())
        return begun;
    // On this machine it is decided by now, and asking once more costs less than being told.
    const int decided = error_of_connect();
    return decided == EALREADY ? EINPROGRESS : decided;
}

int pending_error(Socket& socket)
{
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        return errno;
    return error;
}

Ending ending_of(int error)
{
    switch (error) {
        case ECONNREFUSED:
        case ECONNRESET:
            return Ending::refused;
        case EHOSTUNREACH:
        case EHOSTDOWN:
        case EACCES:  // a firewall here or on the way said no
        case EPERM:
            return Ending::host_unreachable;
        case ENETUNREACH:
        case ENETDOWN:
        case EAFNOSUPPORT:   // a kernel without IPv6
        case EADDRNOTAVAIL:  // no address of ours in that family
        case EINVAL:         // link-local without a zone
            return Ending::network_unreachable;
        case ETIMEDOUT:
            return Ending::timed_out;
        case EMFILE:
        case ENFILE:
        case ENOBUFS:
        case ENOMEM:
        case EAGAIN:  // no local port is free
            return Ending::limit;
        default:
            return Ending::internal;
    }
}

bool is_shortage(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

bool says_more(Ending one, Ending other)
{
    return weight(one) > weight(other);
}

}  // namespace adit::dial
