#include "src/control/client.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <fmt/format.h>

#include "src/control/address.hpp"
#include "src/control/protocol.hpp"

namespace adit::control {
namespace {

class Connection {
public:
    Connection() : descriptor_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)} {}
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection()
    {
        if (descriptor_ >= 0)
            ::close(descriptor_);
    }

    bool open(const Address& address) const
    {
        timeval wait{};
        wait.tv_sec = patience.count();
        return descriptor_ >= 0 &&
               ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) == 0 &&
               ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) == 0 &&
               ::connect(descriptor_, address.get(), Address::size()) == 0;
    }

    bool send(std::string_view text) const
    {
        while (!text.empty()) {
            const auto sent = ::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL);
            if (sent < 0 && errno != EINTR)
                return false;
            text.remove_prefix(sent < 0 ? 0 : static_cast<std::size_t>(sent));
        }
        return true;
    }

    // To the line feed, which is left out.
    bool receive_line(std::string& line) const
    {
        std::array<char, 65536> piece{};
        for (;;) {
            const auto count = ::recv(descriptor_, piece.data(), piece.size(), 0);
            if (count < 0 && errno == EINTR)
                continue;
            if (count == 0)
                errno = ECONNRESET;
            if (count <= 0)
                return false;
            line.append(piece.data(), static_cast<std::size_t>(count));
            if (line.back() == '\n') {
                line.pop_back();
                return true;
            }
            errno = EMSGSIZE;
            if (line.size() > max_answer)
                return false;
        }
    }

private:
    int descriptor_;
};

std::string why(const std::string& path)
{
    const auto reason = errno;
    auto words = fmt::format("ask the gateway at {}: {}", path, std::strerror(reason));
    if (reason == ENOENT || reason == ECONNREFUSED)
        words +=
            "; is it running, and does its configuration have \"control\" with this path? "
            "(--control names another one)";
    if (reason == EACCES)
        words += "; only the user who runs the gateway may ask it";
    if (reason == EAGAIN)
        words = fmt::format("ask the gateway at {}: no answer within {} s", path, patience.count());
    return words;
}

}  // namespace

Result<std::string, std::string> ask(const std::string& path, std::string_view question)
{
    const auto address = Address::of(path);
    if (!address)
        return {boost::system::in_place_error,
                fmt::format("ask the gateway at {}: the path is longer than 107 bytes", path)};
    const Connection connection;
    std::string answer;
    if (!connection.open(*address) || !connection.send(std::string{question} + '\n') ||
        !connection.receive_line(answer))
        return {boost::system::in_place_error, why(path)};
    return {boost::system::in_place_value, std::move(answer)};
}

}  // namespace adit::control
