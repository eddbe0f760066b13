#include "src/platform/inherited_sockets.hpp"

#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

namespace adit::platform {
namespace {

constexpr int first_descriptor = 3;  // SD_LISTEN_FDS_START
constexpr int most_descriptors = 1024;

std::string_view variable(const char* name)
{
    const char* value = std::getenv(name);
    return value == nullptr ? std::string_view{} : value;
}

std::optional<int> as_number(std::string_view text)
{
    int number = 0;
    const auto* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, number);
    return error == std::errc{} && end == last ? std::optional{number} : std::nullopt;
}

}  // namespace

std::vector<InheritedSocket> inherited_sockets()
{
    std::vector<InheritedSocket> sockets;
    const auto count = as_number(variable("LISTEN_FDS"));
    if (as_number(variable("LISTEN_PID")) != ::getpid() || !count || *count > most_descriptors)
        return sockets;
    auto names = variable("LISTEN_FDNAMES");
    for (int i = 0; i < *count; ++i) {
        const auto colon = names.find(':');
        const auto name = names.substr(0, colon);
        names.remove_prefix(colon == names.npos ? names.size() : colon + 1);
        const int descriptor = first_descriptor + i;
        (void)::fcntl(descriptor, F_SETFD, FD_CLOEXEC);  // fails only where nothing is open
        sockets.push_back({std::string{name.empty() ? "unknown" : name}, descriptor});
    }
    return sockets;
}

}  // namespace adit::platform
