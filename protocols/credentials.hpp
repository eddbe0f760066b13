// A user name and a password on their way from the wire to the check, wiped from memory when done.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace adit::protocols {

// Text whose memory is overwritten when it is destroyed or moved from. It cannot be copied or
// printed by accident.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string_view text);
    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret&& other) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret();

    std::string_view reveal() const { return text_; }

private:
    void wipe() noexcept;
    std::string text_;
};

struct Credentials {
    std::string user;
    Secret password;
};

// A control character in either field: no password file holds one, and a NUL would end the password
// early for crypt(3).
bool holds_control_character(const Credentials& credentials);

// `basic` is what follows "Basic " (RFC 7617 §2): base64 of user ":" password. The first colon
// separates, so a password may hold colons. Empty when it is not canonical base64, holds no colon,
// a user name of more than 255 bytes, or a control character.
std::optional<Credentials> decode_basic(std::string_view basic);

}  // namespace adit::protocols
