#include "protocols/bytes.hpp"

#include <doctest/doctest.h>

#include "tests/support/feed.hpp"

namespace adit::protocols {
namespace {

using testing::ExactBytes;
using namespace std::string_view_literals;

TEST_CASE("a reader reads numbers in network byte order")
{
    const ExactBytes bytes{"\x01\xff\xfe"sv};
    ByteReader reader{bytes};
    CHECK(reader.u8() == 1);
    CHECK(reader.u16() == 0xfffe);
    CHECK(reader.consumed() == 3);
    CHECK(reader.remaining() == 0);
}

TEST_CASE("a reader never reads past the end, and a failed read moves nothing")
{
    const ExactBytes bytes{"a"sv};
    ByteReader reader{bytes};
    CHECK_FALSE(reader.u16());
    CHECK_FALSE(reader.take(2));
    CHECK_FALSE(reader.take(static_cast<std::size_t>(-1)));
    CHECK_FALSE(reader.take_until(0));
    CHECK(reader.consumed() == 0);
    CHECK(reader.u8() == 'a');
    CHECK_FALSE(reader.u8());
    CHECK(reader.consumed() == 1);
}

TEST_CASE("a reader takes exactly as many bytes as it was asked for")
{
    const ExactBytes bytes{"abc"sv};
    ByteReader reader{bytes};
    CHECK(as_text(reader.take(0).value()).empty());
    CHECK(as_text(reader.take(2).value()) == "ab");
    CHECK(reader.remaining() == 1);
}

TEST_CASE("a text up to its end mark is given without the mark")
{
    const ExactBytes bytes{"user\0\0rest"sv};
    ByteReader reader{bytes};
    CHECK(as_text(reader.take_until(0).value()) == "user");
    CHECK(reader.take_until(0).value().empty());
    CHECK(reader.consumed() == 6);
    CHECK_FALSE(reader.take_until(0));
    CHECK(reader.remaining() == 4);
}

TEST_CASE("no bytes are no bytes")
{
    ByteReader reader{Bytes{}};
    CHECK_FALSE(reader.u8());
    CHECK(reader.take(0).has_value());
    CHECK(as_text(Bytes{}).empty());
    CHECK(as_bytes("ab").size() == 2);
}

}  // namespace
}  // namespace adit::protocols
