// A unix socket as a file: made for those it is meant for, never in the place of something else,
// and removed when it is closed.
#pragma once

#include <optional>
#include <string>

#include <sys/stat.h>
#include <sys/types.h>

#include "protocols/result.hpp"

namespace adit::control {

// Who may connect to a unix socket: whoever may write to its file.
struct Access {
    mode_t mode = S_IRUSR | S_IWUSR;
    std::optional<gid_t> group = std::nullopt;  // none: this process's own
};

// A unix socket that listens at a path. Owns the descriptor and the file.
class SocketFile {
public:
    // Binds at `path`, for those whom `access` names only, from the first moment. A socket that
    // nobody answers at is left over from a crash and replaced; one that somebody answers at, and a
    // file of any other kind, is left alone and is the failure.
    static Result<SocketFile, std::string> bind(const std::string& path, const Access& access = {},
                                                int backlog = 16);

    SocketFile(SocketFile&& other) noexcept;
    SocketFile& operator=(SocketFile&& other) noexcept;
    ~SocketFile();

    int descriptor() const { return descriptor_; }
    int release_descriptor();  // the file stays ours
    const std::string& path() const { return path_; }
    // Who may connect from now on. The failure says which file it was about.
    std::optional<std::string> give(const Access& access) const;
    void remove();                // the file, unless it is no longer ours
    bool is_still_there() const;  // false when the file was removed or replaced behind our back

private:
    SocketFile(std::string path, int descriptor) : path_{std::move(path)}, descriptor_{descriptor}
    {
    }

    std::string path_;
    int descriptor_ = -1;
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

}  // namespace adit::control
