#include "src/connect/stream.hpp"

#include <cerrno>
#include <cstring>

#include <sys/socket.h>

namespace adit::connect {
namespace {

bool must_wait()
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

Move failure()
{
    return {Moved::failed, 0, std::strerror(errno)};
}

Move PlainStream::read(std::span<char> room)
{
    const auto count = ::recv(socket_.get(), room.data(), room.size(), 0);
    if (count > 0)
        return {Moved::some, static_cast<std::size_t>(count), {}};
    if (count == 0)
        return {Moved::ended, 0, {}};
    return must_wait() ? Move{Moved::must_read, 0, {}} : failure();
}

Move PlainStream::write(std::string_view bytes)
{
    const auto count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0)
        return {Moved::some, static_cast<std::size_t>(count), {}};
    return must_wait() ? Move{Moved::must_write, 0, {}} : failure();
}

Move PlainStream::finish()
{
    // ENOTCONN: the other side has reset it meanwhile, and read() says so.
    if (::shutdown(socket_.get(), SHUT_WR) != 0 && errno != ENOTCONN)
        return failure();
    return {Moved::some, 0, {}};
}

}  // namespace adit::connect
