#include "src/login/token_key.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "policy/control_characters.hpp"
#include "src/login/token.hpp"
#include "src/platform/system.hpp"

namespace adit::login {
namespace {

std::string random_digits()
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::array<unsigned char, shortest_token_key> bytes{};
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
        return {};
    std::string text;
    text.reserve(bytes.size() * 2 + 1);  // never grows: a left buffer would not be wiped
    for (const auto byte : bytes) {
        text += digits[byte >> 4U];
        text += digits[byte & 15U];
    }
    OPENSSL_cleanse(bytes.data(), bytes.size());
    return text;
}

bool write_whole(int file, std::string_view text)
{
    while (!text.empty()) {
        const auto written = ::write(file, text.data(), text.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

std::string why(const std::string& path)
{
    return fmt::format("write the key {}: {}", path, std::strerror(errno));
}

}  // namespace

Result<protocols::Secret, std::string> read_token_key(const std::string& path)
{
    using Read = Result<protocols::Secret, std::string>;
    const auto refused = [](std::string words) {
        return Read{boost::system::in_place_error, std::move(words)};
    };
    if (policy::holds_control_character(path))
        return refused("the key's path holds a control character, so it is no path that was meant");
    auto text = platform::read_regular_file(path);
    if (!text)
        return refused(text.error());
    if (platform::others_can_read(path))
        return refused(fmt::format(
            "the key {}: everyone on this machine can read it and could be any user; run: chmod "
            "o-r {}, and better make a new one",
            path, path));
    const auto end = text->find_last_not_of(" \t\r\n");
    const auto length = end == std::string::npos ? 0 : end + 1;
    protocols::Secret key{std::string_view{*text}.substr(0, length)};
    OPENSSL_cleanse(text->data(), text->size());
    if (length < shortest_token_key)
        return refused(fmt::format(
            "the key {}: it has {} bytes, and a key has at least {}; \"adit token --new-key FILE\" "
            "makes a good one",
            path, length, shortest_token_key));
    return Read{boost::system::in_place_value, std::move(key)};
}

Result<void, std::string> make_token_key(const std::string& path)
{
    auto key = random_digits();
    if (key.empty())
        return {boost::system::in_place_error, "the system's random source does not answer"};
    key += '\n';
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return {boost::system::in_place_error, why(path)};
    const bool written = write_whole(file, key) && ::fsync(file) == 0;
    const auto reason = why(path);
    const bool closed = ::close(file) == 0;
    OPENSSL_cleanse(key.data(), key.size());
    if (written && closed)
        return {};
    (void)::unlink(path.c_str());  // half a key is worse than none
    return {boost::system::in_place_error, reason};
}

}  // namespace adit::login
