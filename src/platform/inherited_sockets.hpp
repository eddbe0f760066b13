// Sockets that the service manager has opened for us: systemd's socket activation, sd_listen_fds(3).
// The protocol is three environment variables, which is less than libsystemd and what it brings.
#pragma once

#include <string>
#include <vector>

namespace adit::platform {

struct InheritedSocket {
    std::string name;  // FileDescriptorName=; "unknown" where the manager gives none
    int descriptor = -1;
};

// What LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES say was handed over to this process; nothing when
// they speak of another one or make no sense. The descriptors stay open as long as the process
// lives, and are closed on exec from now on.
std::vector<InheritedSocket> inherited_sockets();

}  // namespace adit::platform
