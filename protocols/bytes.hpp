// Bytes as they come off the wire, and the one reader every binary parser uses.
// The reader never reads past the end: every access says whether it succeeded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace adit::protocols {

using Bytes = std::span<const std::uint8_t>;

// The same bytes, seen as text. The view lives as long as the bytes do.
std::string_view as_text(Bytes bytes);
Bytes as_bytes(std::string_view text);

// Walks over `bytes` from the front. A failed read leaves the position where it was.
class ByteReader {
public:
    explicit ByteReader(Bytes bytes) : bytes_{bytes} {}

    std::optional<std::uint8_t> u8();
    std::optional<std::uint16_t> u16();            // network byte order
    std::optional<Bytes> take(std::size_t count);  // exactly `count` bytes
    std::optional<Bytes> take_until(
        std::uint8_t end);  // up to `end`, which is consumed but not given

    std::size_t consumed() const { return position_; }
    std::size_t remaining() const { return bytes_.size() - position_; }

private:
    Bytes bytes_;
    std::size_t position_ = 0;
};

}  // namespace adit::protocols
