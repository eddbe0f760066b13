// What a listener asks of its clients. Apart from the handshakes, for a policy is built without them.
#pragma once

#include <cstdint>

namespace adit::protocols {

enum class Login : std::uint8_t { none, optional, required };

}  // namespace adit::protocols
