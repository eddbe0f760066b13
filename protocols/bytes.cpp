#include "protocols/bytes.hpp"

#include <algorithm>

namespace adit::protocols {

std::string_view as_text(Bytes bytes)
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Bytes as_bytes(std::string_view text)
{
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::optional<std::uint8_t> ByteReader::u8()
{
    const auto bytes = take(1);
    if (!bytes)
        return std::nullopt;
    return (*bytes)[0];
}

std::optional<std::uint16_t> ByteReader::u16()
{
    const auto bytes = take(2);
    if (!bytes)
        return std::nullopt;
    return static_cast<std::uint16_t>((*bytes)[0] << 8 | (*bytes)[1]);
}

std::optional<Bytes> ByteReader::take(std::size_t count)
{
    if (count > remaining())
        return std::nullopt;
    const auto taken = bytes_.subspan(position_, count);
    position_ += count;
    return taken;
}

std::optional<Bytes> ByteReader::take_until(std::uint8_t end)
{
    const auto rest = bytes_.subspan(position_);
    const auto found = std::find(rest.begin(), rest.end(), end);
    if (found == rest.end())
        return std::nullopt;
    const auto taken = rest.first(static_cast<std::size_t>(found - rest.begin()));
    position_ += taken.size() + 1;
    return taken;
}

}  // namespace adit::protocols
