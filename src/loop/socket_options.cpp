#include "src/loop/socket_options.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace adit {
namespace {

// Fails only on a socket that is gone already, and whoever uses it next finds that out.
void set(int descriptor, int level, int option, int value)
{
    (void)::setsockopt(descriptor, level, option, &value, sizeof value);
}

}  // namespace

void set_no_delay(int descriptor)
{
    set(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
}

void set_keepalive(int descriptor)
{
    constexpr int minute = 60;
    set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
    set(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, minute);
    set(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, minute / 4);
    // Also bounds how long a reader may keep its window shut, so it must not be short: people pause
    // downloads.
    set(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, 15 * minute * 1000);
}

void tell_what_is_left(int descriptor)
{
    set(descriptor, IPPROTO_TCP, TCP_INQ, 1);
}

}  // namespace adit
