#include "protocols/credentials.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include <string.h>

namespace adit::protocols {
namespace {

// RFC 1929 has one byte for the length, and no user of a configuration is called longer.
constexpr std::size_t longest_user_name = 255;

bool is_control(char c)
{
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
}

// RFC 4648 §4; 64 for what is no digit.
std::uint32_t sextet(char c)
{
    if (c >= 'A' && c <= 'Z')
        return static_cast<std::uint32_t>(c - 'A');
    if (c >= 'a' && c <= 'z')
        return static_cast<std::uint32_t>(c - 'a' + 26);
    if (c >= '0' && c <= '9')
        return static_cast<std::uint32_t>(c - '0' + 52);
    if (c == '+')
        return 62;
    return c == '/' ? 63 : 64;
}

std::size_t padding_of(std::string_view base64)
{
    if (base64.size() >= 2 && base64.substr(base64.size() - 2) == "==")
        return 2;
    return !base64.empty() && base64.back() == '=' ? 1 : 0;
}

// Writes the decoded bytes into `plain`. False when `base64` is not the one spelling of its bytes:
// padding is required and the bits it leaves over must be zero (RFC 4648 §3.5).
bool decode_base64(std::string_view base64, std::string& plain)
{
    if (base64.size() % 4 != 0)
        return false;
    const auto padding = padding_of(base64);
    base64.remove_suffix(padding);
    plain.reserve(base64.size() / 4 * 3 + 3);  // never grows: a left buffer would not be wiped

    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char c : base64) {
        const auto six = sextet(c);
        if (six == 64)
            return false;
        bits = (bits << 6 | six) & 0xffff;
        count += 6;
        if (count >= 8) {
            count -= 8;
            plain.push_back(static_cast<char>(bits >> count & 0xff));
        }
    }
    return (bits & ((1u << count) - 1)) == 0;
}

std::optional<Credentials> split(std::string_view plain)
{
    const auto colon = plain.find(':');
    if (colon == std::string_view::npos || colon > longest_user_name)
        return std::nullopt;
    return Credentials{std::string{plain.substr(0, colon)}, Secret{plain.substr(colon + 1)}};
}

// All of the capacity, because a shorter text may lie where a longer one was.
void wipe_text(std::string& text) noexcept
{
    text.resize(text.capacity());
    ::explicit_bzero(text.data(), text.size());
    text.clear();
}

}  // namespace

Secret::Secret(std::string_view text) : text_{text} {}

Secret::Secret(Secret&& other) noexcept : text_{std::move(other.text_)}
{
    other.wipe();
}

Secret& Secret::operator=(Secret&& other) noexcept
{
    if (this == &other)
        return *this;
    wipe();
    text_ = std::move(other.text_);
    other.wipe();
    return *this;
}

Secret::~Secret()
{
    wipe();
}

void Secret::wipe() noexcept
{
    wipe_text(text_);
}

bool holds_control_character(const Credentials& credentials)
{
    const auto password = credentials.password.reveal();
    return std::any_of(credentials.user.begin(), credentials.user.end(), is_control) ||
           std::any_of(password.begin(), password.end(), is_control);
}

std::optional<Credentials> decode_basic(std::string_view basic)
{
    std::string plain;
    const bool canonical = decode_base64(basic, plain);
    auto credentials = canonical ? split(plain) : std::nullopt;
    wipe_text(plain);
    if (credentials && holds_control_character(*credentials))
        return std::nullopt;
    return credentials;
}

}  // namespace adit::protocols
