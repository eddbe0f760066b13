// Plain calls to Linux and OpenSSL, each behind a function that says what it is for.
#include "src/platform/system.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>

#include <fcntl.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "src/platform/descriptor.hpp"

namespace adit::platform {
namespace {

using protocols::Address;

std::string why(std::string_view doing, const std::string& path)
{
    return fmt::format("{} {}: {}", doing, path, std::strerror(errno));
}

std::optional<Address> to_address(const sockaddr* socket_address)
{
    if (socket_address == nullptr)
        return std::nullopt;
    if (socket_address->sa_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, socket_address, sizeof v4);
        return boost::asio::ip::address_v4{ntohl(v4.sin_addr.s_addr)};
    }
    if (socket_address->sa_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, socket_address, sizeof v6);
        boost::asio::ip::address_v6::bytes_type bytes;
        std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
        return boost::asio::ip::address_v6{bytes};
    }
    return std::nullopt;
}

struct Reading {
    std::string text;
    std::string why;  // there is none; empty when there is
    bool is_missing = false;
};

enum class Kinds : std::uint8_t { all, regular };

bool is_regular(int file)
{
    struct stat status {};
    return ::fstat(file, &status) == 0 && S_ISREG(status.st_mode);
}

Reading read_whole(const std::string& path, Kinds kinds)
{
    constexpr std::size_t max_size = std::size_t{64} << 20;
    // Without it, opening a FIFO waits for somebody who writes.
    const int at_once = kinds == Kinds::regular ? O_NONBLOCK : 0;
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | at_once)};
    if (file.get() < 0) {
        const bool is_missing = errno == ENOENT || errno == ENOTDIR;
        return {{}, why("open", path), is_missing};
    }
    if (kinds == Kinds::regular && !is_regular(file.get()))
        return {{}, fmt::format("read {}: it is no regular file", path)};
    std::string text;
    std::array<char, 65536> piece;
    for (;;) {
        const auto count = ::read(file.get(), piece.data(), piece.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return {{}, why("read", path)};
        if (count == 0)
            return {std::move(text), {}};
        text.append(piece.data(), static_cast<std::size_t>(count));
        if (text.size() > max_size)
            return {{}, fmt::format("read {}: the file is larger than 64 MiB", path)};
    }
}

Result<std::string, std::string> text_or_reason(Reading read)
{
    if (!read.why.empty())
        return {boost::system::in_place_error, std::move(read.why)};
    return {boost::system::in_place_value, std::move(read.text)};
}

// cpu.max holds "QUOTA PERIOD" in microseconds, or "max PERIOD". Every control group above ours may
// set one.
unsigned quota_cores(unsigned cores)
{
    std::ifstream membership{"/proc/self/cgroup"};
    std::string line;
    std::string group;
    while (std::getline(membership, line))
        if (line.starts_with("0::"))
            group = line.substr(3);
    for (;;) {
        std::ifstream limit{"/sys/fs/cgroup" + group + "/cpu.max"};
        double quota = 0;
        double period = 0;
        if (limit >> quota >> period && period > 0)
            cores = std::min(cores, static_cast<unsigned>(std::max(1.0, quota / period)));
        if (group.empty())
            return cores;
        group.resize(group.rfind('/') == std::string::npos ? 0 : group.rfind('/'));
    }
}

}  // namespace

Result<std::string, std::string> read_file(const std::string& path)
{
    return text_or_reason(read_whole(path, Kinds::all));
}

Result<std::string, std::string> read_regular_file(const std::string& path)
{
    return text_or_reason(read_whole(path, Kinds::regular));
}

Result<std::string, std::string> read_file_if_any(const std::string& path)
{
    auto read = read_whole(path, Kinds::all);
    if (read.is_missing)
        read = {};
    return text_or_reason(std::move(read));
}

bool others_can_read(const std::string& path)
{
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
           (status.st_mode & S_IROTH) != 0;
}

bool occupy_standard_descriptors()
{
    for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(descriptor, F_GETFD) >= 0)
            continue;
        const int opened = ::open("/dev/null", O_RDWR);  // takes the lowest that is free: this one
        if (opened != descriptor)
            return false;
    }
    return true;
}

std::size_t raise_descriptor_limit()
{
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    const auto before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    return ::setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : before;
}

unsigned usable_cores()
{
    cpu_set_t mask;
    CPU_ZERO(&mask);
    unsigned cores = 1;
    if (::sched_getaffinity(0, sizeof mask, &mask) == 0)
        cores = std::max(1U, static_cast<unsigned>(CPU_COUNT(&mask)));
    return quota_cores(cores);
}

// To Linux a "process" is a thread here. Nothing depends on it: where it is forbidden all run alike.
void give_way()
{
    constexpr int lowest = 19;
    (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), lowest);
}

Result<std::vector<Address>, std::string> own_addresses()
{
    ifaddrs* list = nullptr;
    if (::getifaddrs(&list) != 0)
        return {boost::system::in_place_error,
                fmt::format("read this machine's own addresses: {}", std::strerror(errno))};
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner{list, &::freeifaddrs};
    std::vector<Address> all;
    for (const auto* one = list; one != nullptr; one = one->ifa_next) {
        const auto address = to_address(one->ifa_addr);
        if (address && !address->is_loopback())
            all.push_back(*address);
    }
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return {boost::system::in_place_value, std::move(all)};
}

std::string short_hash(const std::string& text)
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    if (EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1)
        return {};
    std::string hex;
    for (std::size_t i = 0; i < 6; ++i)
        hex += fmt::format("{:02x}", digest[i]);
    return hex;
}

std::uint64_t random_bits()
{
    std::uint64_t bits = 0;
    if (RAND_bytes(reinterpret_cast<unsigned char*>(&bits), sizeof bits) != 1)
        throw std::runtime_error{"the system's random source does not answer"};
    return bits;
}

}  // namespace adit::platform
