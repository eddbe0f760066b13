// Bytes for tests of streams: none of them repeats soon, so what is lost, doubled or moved shows.
#pragma once

#include <cstddef>
#include <string>

namespace adit::tests {

// The same for the same seed.
inline std::string pattern(std::size_t size, unsigned seed)
{
    std::string bytes(size, '\0');
    for (auto& byte : bytes) {
        seed = seed * 1664525U + 1013904223U;
        byte = static_cast<char>(seed >> 24U);
    }
    return bytes;
}

}  // namespace adit::tests
