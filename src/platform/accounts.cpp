#include "src/platform/accounts.hpp"

#include <array>
#include <charconv>

#include <grp.h>
#include <pwd.h>

namespace adit::platform {
namespace {

// Room for what getpwnam_r and getgrnam_r point to. A group of so many members that it does not
// fit is not found.
using Room = std::array<char, 65536>;

std::optional<std::uint32_t> as_number(const std::string& text)
{
    std::uint32_t number = 0;
    const auto* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, number);
    return error == std::errc{} && end == last ? std::optional{number} : std::nullopt;
}

}  // namespace

std::optional<std::uint32_t> user_number(const std::string& name)
{
    Room room;
    passwd user{};
    passwd* found = nullptr;
    (void)::getpwnam_r(name.c_str(), &user, room.data(), room.size(), &found);
    return found == nullptr ? std::nullopt : std::optional{found->pw_uid};
}

std::optional<std::uint32_t> group_number(const std::string& group)
{
    if (const auto number = as_number(group))
        return number;
    Room room;
    ::group entry{};
    ::group* found = nullptr;
    (void)::getgrnam_r(group.c_str(), &entry, room.data(), room.size(), &found);
    return found == nullptr ? std::nullopt : std::optional{found->gr_gid};
}

}  // namespace adit::platform
