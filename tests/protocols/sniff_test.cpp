#include "protocols/sniff.hpp"

#include <doctest/doctest.h>

namespace adit::protocols {
namespace {

TEST_CASE("the first byte alone tells the dialect, for each of the 256 bytes")
{
    for (unsigned value = 0; value < 256; ++value) {
        CAPTURE(value);
        const bool letter = (value >= 'A' && value <= 'Z') || (value >= 'a' && value <= 'z');
        std::optional<Dialect> expected;
        if (value == 5)
            expected = Dialect::socks5;
        if (value == 4)
            expected = Dialect::socks4;
        if (letter || value == '\r' || value == '\n')
            expected = Dialect::http;
        CHECK((sniff(static_cast<std::uint8_t>(value)) == expected));
    }
}

TEST_CASE("a TLS client, a zero byte and a space belong to no dialect")
{
    CHECK_FALSE(sniff(0x16));
    CHECK(begins_tls(0x16));
    CHECK_FALSE(begins_tls(5));
    CHECK_FALSE(sniff(0x00));
    CHECK_FALSE(sniff(' '));
}

}  // namespace
}  // namespace adit::protocols
