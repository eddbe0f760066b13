#include "policy/internal_ranges.hpp"

#include <algorithm>

namespace adit::policy {

namespace {

using boost::asio::ip::address_v4;
using boost::asio::ip::address_v6;

Network ipv4(address_v4::bytes_type first, std::uint8_t prefix)
{
    return {address_v4{first}, prefix};
}

Network ipv6(std::uint8_t first, std::uint8_t second, std::uint8_t prefix)
{
    return {address_v6{address_v6::bytes_type{first, second}}, prefix};
}

}  // namespace

const std::array<InternalRange, 10>& internal_ranges()
{
    static const std::array<InternalRange, 10> ranges{{
        {ipv4({10, 0, 0, 0}, 8), Word::private_},
        {ipv4({172, 16, 0, 0}, 12), Word::private_},
        {ipv4({192, 168, 0, 0}, 16), Word::private_},
        {ipv4({127, 0, 0, 0}, 8), Word::loopback},
        {ipv4({100, 64, 0, 0}, 10), Word::cgnat},
        {ipv4({169, 254, 0, 0}, 16), Word::link_local},
        {ipv4({224, 0, 0, 0}, 4), Word::multicast},
        {ipv6(0xfc, 0, 7), Word::private_},
        {ipv6(0xfe, 0x80, 10), Word::link_local},
        {ipv6(0xff, 0, 8), Word::multicast},
    }};
    return ranges;
}

std::optional<Word> word_of_whole(const Network& network)
{
    const auto found = std::ranges::find_if(internal_ranges(), [&](const InternalRange& range) {
        return range.network.prefix <= network.prefix && range.network.contains(network.address);
    });
    return found == internal_ranges().end() ? std::nullopt : std::optional{found->word};
}

}  // namespace adit::policy
