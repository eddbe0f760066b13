// What the gateway asks of the machine it runs on.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "protocols/result.hpp"
#include "protocols/target.hpp"

namespace adit::platform {

// A whole file, at most 64 MiB, of whatever kind: a pipe is read to its end. The failure says what was
// being done, to what, and why it failed.
Result<std::string, std::string> read_file(const std::string& path);

// The same, but never waits: what is no regular file is refused, for a FIFO in its place would keep
// who reads it waiting for a writer.
Result<std::string, std::string> read_regular_file(const std::string& path);

// As read_file(), but a file that does not exist reads as empty.
Result<std::string, std::string> read_file_if_any(const std::string& path);

// True when users other than the owner (and root) can read the file.
bool others_can_read(const std::string& path);

// Opens /dev/null on those of the descriptors 0, 1 and 2 that are closed, so that nothing else is
// opened there and then taken for standard input or output. To be called before anything else is
// opened. False when that fails.
bool occupy_standard_descriptors();

// Raises the soft limit of open descriptors to the hard limit. Gives the limit now in force.
std::size_t raise_descriptor_limit();

// Cores this process may use: the affinity mask, and the CPU quota of its control group (version
// 2). At least 1.
unsigned usable_cores();

// From now on this thread runs only while no other one wants to, or nearly so (nice 19). Other
// threads of the process stay as they are.
void give_way();

// The addresses of this machine's interfaces, loopback excluded, sorted; each once. Asking takes a
// descriptor, so it fails where there are none left: that is not the same as having no address. The
// failure says what was being done and why it failed.
Result<std::vector<protocols::Address>, std::string> own_addresses();

// The first 12 hexadecimal digits of the SHA-256 of `text`, as `sha256sum` prints them.
std::string short_hash(const std::string& text);

// 64 bits from the system's random source.
std::uint64_t random_bits();

}  // namespace adit::platform
