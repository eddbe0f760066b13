#include "protocols/socks5_udp.hpp"

#include <string>

#include "tests/protocols/ways.hpp"

namespace adit::protocols {
namespace {

using testing::byte;
using testing::counted;
using testing::endpoint;
using testing::ExactBytes;
using namespace std::string_literals;

const auto port_53 = "\0\x35"s;
const auto header_v4 = "\0\0\0\1\x0a\0\0\1"s + port_53;
const auto header_v6 = "\0\0\0\4\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"s + port_53;

// "host:port payload", or the words of the fault.
std::string read(const std::string& datagram)
{
    const ExactBytes bytes{datagram};
    const auto parsed = parse_socks5_datagram(bytes);
    if (!parsed)
        return std::string{words(parsed.error())};
    return to_text(parsed->target) + " " + std::string{as_text(parsed->payload)};
}

std::string fault(Fault expected)
{
    return std::string{words(expected)};
}

TEST_CASE("a datagram of a UDP association names its destination in front of its payload")
{
    CHECK(read(header_v4 + "question") == "10.0.0.1:53 question");
    CHECK(read(header_v6 + "question") == "[2001:db8::1]:53 question");
    CHECK(read("\0\0\0\3"s + counted("DNS.example.") + port_53 + "q") == "dns.example:53 q");
    CHECK(read("\0\0\0\3"s + counted("10.0.0.1") + port_53 + "q") == "10.0.0.1:53 q");
    CHECK(read("\0\0\0\4\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\1"s + port_53) == "127.0.0.1:53 ");
}

TEST_CASE("an empty payload is a payload")
{
    CHECK(read(header_v4) == "10.0.0.1:53 ");
}

TEST_CASE("a datagram that ends within its header is cut short, wherever it ends")
{
    for (const auto& header :
         {header_v4, header_v6, "\0\0\0\3"s + counted("dns.example") + port_53})
        for (std::size_t size = 0; size < header.size(); ++size) {
            CAPTURE(size);
            CHECK(read(header.substr(0, size)) == fault(Fault::cut_short));
        }
}

TEST_CASE("a fragment is told from a datagram that is malformed")
{
    for (const auto number : {1u, 2u, 127u, 128u, 255u})
        CHECK(read("\0\0"s + byte(number) + header_v4.substr(3)) == fault(Fault::fragment));
    CHECK(read("\0\1"s + header_v4.substr(2)) == fault(Fault::bad_reserved_byte));
    CHECK(read("\1\0"s + header_v4.substr(2)) == fault(Fault::bad_reserved_byte));
    for (const auto type : {0u, 2u, 5u, 255u})
        CHECK(read("\0\0\0"s + byte(type) + header_v4.substr(4)) == fault(Fault::bad_address_type));
    CHECK(read("\0\0\0\1\x0a\0\0\1\0\0"s) == fault(Fault::bad_port));
    for (const auto& name : {""s, "0"s, "127.1"s, "localhost\0.evil"s, "a b"s})
        CHECK(read("\0\0\0\3"s + counted(name) + port_53) == fault(Fault::bad_host));
}

TEST_CASE("the header of an answer reads as the address it came from")
{
    CHECK(socks5_datagram_header(endpoint("10.0.0.1", 53)) == header_v4);
    CHECK(socks5_datagram_header(endpoint("2001:db8::1", 53)) == header_v6);
    CHECK(header_v6.size() == longest_udp_header);
}

}  // namespace
}  // namespace adit::protocols
