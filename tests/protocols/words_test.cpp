#include <cctype>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include "protocols/ending.hpp"
#include "protocols/fault.hpp"
#include "protocols/sniff.hpp"
#include "protocols/tunnel_request.hpp"

namespace adit::protocols {
namespace {

TEST_CASE("every fault has words of its own, in lower case and without a full stop")
{
    std::set<std::string_view> seen;
    for (int i = 0; i <= static_cast<int>(Fault::cut_short); ++i) {
        const auto text = words(static_cast<Fault>(i));
        CAPTURE(text);
        CHECK(seen.insert(text).second);
        CHECK(text.size() > 10);
        CHECK(text.back() != '.');
        CHECK(std::islower(static_cast<unsigned char>(text.front())) != 0);
    }
    CHECK(words(Fault::bad_port) == "the port is not a number from 1 to 65535");
}

TEST_CASE("every ending has a word of its own for the records")
{
    std::set<std::string_view> seen;
    for (int i = 0; i <= static_cast<int>(Ending::internal); ++i) {
        CHECK(word(static_cast<Ending>(i)) != "unknown");
        CHECK(seen.insert(word(static_cast<Ending>(i))).second);
    }
    CHECK(word(Ending::established) == "established");
    CHECK(word(Ending::name_unknown) == "name_unknown");
}

TEST_CASE("protocols are named in records as they are in the configuration")
{
    CHECK(word(Protocol::connect) == "connect");
    CHECK(word(Protocol::http) == "http");
    CHECK(word(Protocol::socks5) == "socks5");
    CHECK(word(Protocol::socks4) == "socks4");
    CHECK(word(Protocol::udp) == "udp");
    CHECK(word(Protocol::bind) == "bind");
    CHECK(word(Protocol::forward) == "forward");
}

}  // namespace
}  // namespace adit::protocols
