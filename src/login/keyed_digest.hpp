// Digests under a key that lives as long as the process: what is remembered of a password or a name
// says nothing about it to who reads the memory of a table, and nobody outside can choose where in
// the table it lands.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string_view>

namespace adit::login {

using Digest = std::array<std::uint8_t, 32>;

class DigestKey {
public:
    DigestKey();  // of the system's random source; throws when that does not answer

    // Of all fields in their order; they never run into one another.
    Digest of(std::initializer_list<std::string_view> fields) const;

private:
    std::array<std::uint8_t, 32> key_;
};

// The digest is as good as random already.
struct DigestHash {
    std::size_t operator()(const Digest& digest) const
    {
        std::size_t start = 0;
        std::memcpy(&start, digest.data(), sizeof start);
        return start;
    }
};

}  // namespace adit::login
