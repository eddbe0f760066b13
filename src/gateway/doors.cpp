#include "src/gateway/doors.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>

#include <fmt/format.h>

#include "src/loop/socket_options.hpp"
#include "src/platform/accounts.hpp"
#include "src/platform/socket_address.hpp"

namespace adit::gateway {
namespace {

constexpr int first_free = 3;  // 0, 1 and 2 are never a socket of ours

// One socket for all workers: only IPs and ports have SO_REUSEPORT.
bool share(int descriptor, std::size_t workers, std::vector<std::vector<Descriptor>>& sockets)
{
    sockets.resize(workers);
    for (auto& of_worker : sockets) {
        const int copy = ::fcntl(descriptor, F_DUPFD_CLOEXEC, first_free);
        if (copy < 0)
            return false;
        of_worker.emplace_back(copy);
    }
    return true;
}

std::string why(const policy::Listener& listener, std::string_view reason)
{
    return fmt::format("listen on {}: {}", place(listener, {}), reason);
}

Result<BoundListener, std::string> open_unix(const policy::Listener& listener, std::size_t workers)
{
    const auto access = access_to(*listener.unix_socket);
    if (!access)
        return why(listener, access.error());
    auto file = control::SocketFile::bind(listener.unix_socket->path, *access, SOMAXCONN);
    if (!file)
        return file.error();
    BoundListener bound;
    bound.file = std::make_shared<control::SocketFile>(std::move(*file));
    const Descriptor original{bound.file->release_descriptor()};
    if (!share(original.get(), workers, bound.sockets))
        return why(listener, std::strerror(errno));
    return bound;
}

int option(int descriptor, int name)
{
    int value = 0;
    socklen_t size = sizeof value;
    return ::getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

bool is_listening_stream(int descriptor)
{
    const int family = option(descriptor, SO_DOMAIN);
    return option(descriptor, SO_TYPE) == SOCK_STREAM && option(descriptor, SO_ACCEPTCONN) == 1 &&
           (family == AF_INET || family == AF_INET6 || family == AF_UNIX);
}

bool make_non_blocking(int descriptor)
{
    const int flags = ::fcntl(descriptor, F_GETFL);
    return flags >= 0 && ::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0;
}

std::string names_of(const Inherited& inherited)
{
    if (inherited.empty())
        return "no sockets were handed over (LISTEN_FDS)";
    std::string text = "the sockets that were handed over are called ";
    for (const auto& socket : inherited)
        text += (&socket == &inherited.front() ? "" : ", ") + socket.name;
    return text;
}

Result<BoundListener, std::string> adopt(const policy::Listener& listener, std::size_t workers,
                                         const Inherited& inherited)
{
    BoundListener bound;
    for (const auto& socket : inherited) {
        if (socket.name != listener.systemd)
            continue;
        if (!is_listening_stream(socket.descriptor))
            return why(listener,
                       "what was handed over is no listening stream socket; use ListenStream= "
                       "with Accept=no in the .socket unit");
        // Another worker may be quicker, and then accept(2) must not wait for the next connection.
        if (!make_non_blocking(socket.descriptor) ||
            !share(socket.descriptor, workers, bound.sockets))
            return why(listener, std::strerror(errno));
        sockaddr_storage address{};
        socklen_t size = sizeof address;
        auto* plain = reinterpret_cast<sockaddr*>(&address);
        if (::getsockname(socket.descriptor, plain, &size) != 0)
            return why(listener, std::strerror(errno));
        if (const auto endpoint = platform::endpoint_of(plain)) {
            bound.endpoints.push_back(*endpoint);
            set_no_delay(socket.descriptor);
            set_keepalive(socket.descriptor);
        }
    }
    if (bound.sockets.empty())
        return why(listener,
                   names_of(inherited) + "; the name is FileDescriptorName= in the .socket unit");
    return bound;
}

}  // namespace

Result<BoundListener, std::string> open_listener(const policy::Listener& listener,
                                                 std::size_t workers, bool beside_own,
                                                 const Inherited& inherited)
{
    if (listener.unix_socket)
        return open_unix(listener, workers);
    if (!listener.systemd.empty())
        return adopt(listener, workers, inherited);
    return bind_listener(listener, workers, beside_own);
}

Result<control::Access, std::string> access_to(const policy::UnixSocket& socket)
{
    control::Access access{socket.mode, std::nullopt};
    if (!socket.group.empty()) {
        access.group = platform::group_number(socket.group);
        if (!access.group)
            return fmt::format("this machine has no group called \"{}\"", socket.group);
    }
    return access;
}

bool overlaps(const policy::Listener& open, const std::vector<protocols::Endpoint>& endpoints,
              const policy::Listener& wanted)
{
    if (!wanted.has_endpoint() || wanted.endpoint.port == 0)
        return false;
    const auto& address = wanted.endpoint.address;
    return std::any_of(endpoints.begin(), endpoints.end(), [&](const protocols::Endpoint& taken) {
        const bool one_family =
            address.is_v4() == taken.address.is_v4() || open.dual_stack || wanted.dual_stack;
        return taken.port == wanted.endpoint.port && one_family &&
               (taken.address == address || taken.address.is_unspecified() ||
                address.is_unspecified());
    });
}

bool is_same_place(const policy::Listener& one, const policy::Listener& other)
{
    if (one.unix_socket || other.unix_socket)
        return one.unix_socket && other.unix_socket &&
               one.unix_socket->path == other.unix_socket->path;
    if (!one.systemd.empty() || !other.systemd.empty())
        return one.systemd == other.systemd;
    return one.endpoint == other.endpoint && one.dual_stack == other.dual_stack &&
           (one.endpoint.port != 0 || one.name == other.name);
}

}  // namespace adit::gateway
