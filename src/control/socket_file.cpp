// Plain socket calls: every one that fails says which path it was about.
#include "src/control/socket_file.hpp"

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "src/control/address.hpp"
#include "src/platform/descriptor.hpp"

namespace adit::control {

using platform::Descriptor;

namespace {

constexpr mode_t for_its_owner = S_IRUSR | S_IWUSR;

std::string why(const std::string& path, std::string_view reason)
{
    return fmt::format("open the unix socket {}: {}", path, reason);
}

std::string why(const std::string& path)
{
    return why(path, std::strerror(errno));
}

int open_socket()
{
    return ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

// Looks for what stands at the path, removes what is left over, and says what is in the way.
std::optional<std::string> clear_the_way(const std::string& path, const Address& address)
{
    struct stat there {};
    if (::lstat(path.c_str(), &there) != 0)
        return errno == ENOENT ? std::nullopt : std::optional{why(path)};
    if (!S_ISSOCK(there.st_mode))
        return why(path, "a file that is no socket stands there; remove it or choose another path");
    const Descriptor probe{open_socket()};
    if (probe.get() < 0)
        return why(path);
    const bool answers = ::connect(probe.get(), address.get(), address.size()) == 0;
    if (answers || errno == EAGAIN || errno == EINPROGRESS)
        return why(path, "another program (or another Adit) answers there");
    if (errno != ECONNREFUSED)
        return why(path);
    return ::unlink(path.c_str()) == 0 || errno == ENOENT ? std::nullopt : std::optional{why(path)};
}

// Two that start at once would remove each other's sockets; the lock on the folder lets one of them
// look and bind at a time. Where it cannot be had, bind() still refuses the second.
int lock_folder(const std::string& path)
{
    const auto slash = path.rfind('/');
    const auto folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor >= 0)
        (void)::flock(descriptor, LOCK_EX | LOCK_NB);
    return descriptor;
}

}  // namespace

Result<SocketFile, std::string> SocketFile::bind(const std::string& path, const Access& access,
                                                 int backlog)
{
    const auto address = Address::of(path);
    if (!address)
        return {boost::system::in_place_error, why(path, "the path is longer than 107 bytes")};
    const Descriptor lock{lock_folder(path)};
    if (auto obstacle = clear_the_way(path, *address))
        return {boost::system::in_place_error, std::move(*obstacle)};

    Descriptor socket{open_socket()};
    // Linux gives the new file the mode of the socket, less the umask (unix(7) leaves it open, but
    // bind has done so since 2.6.39), so there is no moment at which others could connect.
    if (socket.get() < 0 || ::fchmod(socket.get(), for_its_owner) != 0 ||
        ::bind(socket.get(), address->get(), address->size()) != 0)
        return {boost::system::in_place_error, why(path)};
    SocketFile file{path, socket.release()};
    struct stat made {};
    if (::lstat(path.c_str(), &made) != 0)
        return {boost::system::in_place_error, why(path)};
    file.device_ = made.st_dev;
    file.inode_ = made.st_ino;
    if (auto refused = file.give(access))
        return {boost::system::in_place_error, std::move(*refused)};
    if (::listen(file.descriptor_, backlog) != 0)
        return {boost::system::in_place_error, why(path)};
    return file;
}

SocketFile::SocketFile(SocketFile&& other) noexcept
    : path_{std::exchange(other.path_, {})},
      descriptor_{std::exchange(other.descriptor_, -1)},
      device_{other.device_},
      inode_{other.inode_}
{
}

SocketFile& SocketFile::operator=(SocketFile&& other) noexcept
{
    std::swap(path_, other.path_);
    std::swap(descriptor_, other.descriptor_);
    std::swap(device_, other.device_);
    std::swap(inode_, other.inode_);
    return *this;
}

SocketFile::~SocketFile()
{
    remove();
    if (descriptor_ >= 0)
        ::close(descriptor_);
}

// First the group, then the mode: a mode for the group is not meant for the one before.
std::optional<std::string> SocketFile::give(const Access& access) const
{
    struct stat there {};
    if (::lstat(path_.c_str(), &there) != 0)
        return why(path_);
    const auto group = access.group.value_or(::getegid());
    if (there.st_gid != group && ::lchown(path_.c_str(), static_cast<uid_t>(-1), group) != 0)
        return why(path_);
    if ((there.st_mode & ACCESSPERMS) != access.mode && ::chmod(path_.c_str(), access.mode) != 0)
        return why(path_);
    return std::nullopt;
}

void SocketFile::remove()
{
    if (is_still_there())
        (void)::unlink(path_.c_str());  // a file that stays is found to be stale next time
}

int SocketFile::release_descriptor()
{
    return std::exchange(descriptor_, -1);
}

bool SocketFile::is_still_there() const
{
    struct stat there {};
    return !path_.empty() && ::lstat(path_.c_str(), &there) == 0 && there.st_dev == device_ &&
           there.st_ino == inode_;
}

}  // namespace adit::control
