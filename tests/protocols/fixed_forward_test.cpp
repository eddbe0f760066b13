#include "protocols/fixed_forward.hpp"

#include "tests/protocols/ways.hpp"

namespace adit::protocols {
namespace {

TEST_CASE("a fixed forward has its request before a byte, takes none and says nothing")
{
    FixedForward handshake{testing::target("db.internal:5432")};
    CHECK(handshake.protocol() == Protocol::forward);
    for (const std::string_view input : {"", "CONNECT other:1 HTTP/1.1\r\n\r\n", "\5\1"}) {
        const auto wants = handshake.advance(as_bytes(input));
        const auto* tunnel = std::get_if<Tunnel>(&wants.what);
        REQUIRE(tunnel != nullptr);
        CHECK(tunnel->request.target == testing::target("db.internal:5432"));
        CHECK(tunnel->request.protocol == Protocol::forward);
        CHECK(wants.consumed == 0);
        CHECK(wants.reply.empty());
    }
    CHECK(handshake.conclude(testing::answer(Ending::established)).empty());
    CHECK(handshake.conclude(testing::answer(Ending::not_allowed)).empty());
}

}  // namespace
}  // namespace adit::protocols
